import { Eye } from "lucide-react";
import { useEffect, useState } from "react";
import type { Account, Handout } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { CopyField } from "@/ui/CopyField";
import { SkeletonRows } from "@/ui/Empty";
import styles from "./AccountPage.module.css";

/** What is taken from an account to elsewhere: the line for a web site, a secret for its server. */
export function Handouts({ account }: { account: Account }) {
  const { api } = useUnisono();
  const [handouts, setHandouts] = useState<Handout[] | null>(null);
  const [revealed, setRevealed] = useState<string[]>([]);
  useEffect(() => {
    let live = true;
    api.handouts(account.id).then(
      (list) => live && setHandouts(list),
      () => live && setHandouts([]),
    );
    return () => {
      live = false;
    };
  }, [api, account.id]);
  if (handouts?.length === 0) return null;
  return (
    <section className={styles.card} aria-label={t("handouts.title")}>
      <h2>{t("handouts.title")}</h2>
      {handouts ? null : <SkeletonRows count={2} />}
      {handouts?.map(({ id, label, hint, value, secret }) =>
        secret && !revealed.includes(id) ? (
          <Button key={id} icon={<Eye />} onClick={() => setRevealed([...revealed, id])}>
            {t("handouts.reveal", { what: pick(label) })}
          </Button>
        ) : (
          <div key={id}>
            <CopyField label={pick(label)} hint={pick(hint)} value={value} />
            {/^https?:\/\//.test(value) ? (
              <a href={value} target="_blank" rel="noreferrer noopener">
                {t("handouts.open")}
              </a>
            ) : null}
          </div>
        ),
      )}
    </section>
  );
}
