import { RefreshCw, Settings2, Trash2 } from "lucide-react";
import { go } from "@/app/routes";
import { attempt } from "@/features/chats/row-actions";
import type { Account } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button, IconButton } from "@/ui/Button";
import { Progress } from "@/ui/Empty";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./AccountsPage.module.css";
import { stateWords } from "./state-words";

export function AccountCard({ account, onRemove }: { account: Account; onRemove: () => void }) {
  const { api } = useUnisono();
  const words = stateWords(account.state);
  const name = account.display_name || account.remote_id;
  const { state } = account.state;
  return (
    <article className={styles.card} aria-label={name}>
      <NetworkMark network={account.channel} large />
      <div className={styles.about}>
        <h2>{name}</h2>
        {name === account.remote_id ? null : <p className={styles.remote}>{account.remote_id}</p>}
        <p className={styles.state} data-tone={words.tone} role="status">
          <i aria-hidden="true" />
          {words.title}
          {state === "connected" && account.conversations > 0 ? <span> · {t("accounts.conversations", { n: account.conversations })}</span> : null}
        </p>
        {words.detail ? <p className={styles.detail}>{words.detail}</p> : null}
        {account.hook && !account.hook.url ? <p className={styles.warning}>{t("hook.noUrl")}</p> : null}
        {words.progress !== undefined ? <Progress value={words.progress} label={words.title} /> : null}
        {state === "bad_credentials" || state === "logged_out" ? (
          <Button look="primary" className={styles.renew} onClick={() => go("accounts", `renew-${account.id}`)}>
            {t("accounts.renew")}
          </Button>
        ) : null}
        {state === "trouble" ? (
          <Button className={styles.renew} icon={<RefreshCw />} onClick={() => attempt(api.reconnect(account.id))}>
            {t("accounts.reconnect")}
          </Button>
        ) : null}
      </div>
      <div className={styles.tools}>
        <IconButton label={t("accounts.settings", { name })} onClick={() => go("accounts", String(account.id))}>
          <Settings2 />
        </IconButton>
        <IconButton label={t("accounts.remove")} onClick={onRemove}>
          <Trash2 />
        </IconButton>
      </div>
    </article>
  );
}
