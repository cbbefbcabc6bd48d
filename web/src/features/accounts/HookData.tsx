import type { Account } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { CopyField } from "@/ui/CopyField";
import { Callout } from "@/ui/Field";
import styles from "./AccountPage.module.css";

/** What has to be told to the vendor, so that messages come in at all. */
export function HookData({ account, network }: { account: Account; network: string }) {
  const { hook } = account;
  if (!hook) return null;
  return (
    <section className={styles.card} aria-label={t("hook.title")}>
      <h2>{t("hook.title")}</h2>
      {hook.url ? (
        <>
          <p className={styles.lead}>{t("hook.lead")}</p>
          <CopyField label={t("hook.url")} value={hook.url} />
          <CopyField label={t("hook.token")} value={hook.verify_token} hint={t("hook.tokenHint")} />
        </>
      ) : (
        <Callout tone="amber">
          <strong>{t("hook.noUrl")}</strong> {t("hook.noUrlLead", { network })}
          <code className={styles.config}>public_url = "https://chat.example.org"</code>
        </Callout>
      )}
    </section>
  );
}
