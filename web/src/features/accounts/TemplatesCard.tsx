import { useEffect, useState } from "react";
import { ApiError } from "@/lib/api/client";
import type { Template } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { SkeletonRows } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import styles from "./AccountPage.module.css";

/** The texts that the vendor has approved for this account. */
export function TemplatesCard({ accountId }: { accountId: number }) {
  const { templates, failed } = useTemplates(accountId);
  return (
    <section className={styles.card} aria-label={t("templates.title")}>
      <h2>{t("templates.title")}</h2>
      <p className={styles.lead}>{t("templates.lead")}</p>
      {failed ? <Callout tone="amber">{failed}</Callout> : null}
      {!templates && !failed ? <SkeletonRows count={2} /> : null}
      {templates?.length === 0 ? <p className={styles.lead}>{t("templates.none")}</p> : null}
      <ul className={styles.templates}>
        {templates?.map((template) => (
          <li key={`${template.name}-${template.language}`}>
            <span>
              <strong>{template.name}</strong>
              <small>
                {template.language} · {template.category.toLowerCase()}
              </small>
            </span>
            <p dir="auto">{template.body}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function useTemplates(accountId: number | null): { templates: Template[] | null; failed: string | null } {
  const { api } = useUnisono();
  const [templates, setTemplates] = useState<Template[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (accountId === null) return;
    let live = true;
    setTemplates(null);
    setFailed(null);
    api.templates(accountId).then(
      (list) => live && setTemplates(list),
      (error: unknown) => live && setFailed((error instanceof ApiError && error.shown) || t("templates.failed")),
    );
    return () => {
      live = false;
    };
  }, [api, accountId]);
  return { templates, failed };
}
