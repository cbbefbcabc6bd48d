import { ArrowLeft, RefreshCw, Trash2 } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { go } from "@/app/routes";
import { attempt } from "@/features/chats/row-actions";
import { ApiError } from "@/lib/api/client";
import type { Account, Channel } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button, IconButton } from "@/ui/Button";
import { Progress } from "@/ui/Empty";
import { Callout, Field } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import { toast } from "@/ui/Toast";
import styles from "./AccountPage.module.css";
import { extras } from "./extras";
import { LoginFields, startValues } from "./fields";
import { HookData } from "./HookData";
import { NetworkFacts } from "./NetworkFacts";
import { stateWords } from "./state-words";
import { TemplatesCard } from "./TemplatesCard";

interface AccountPageProps {
  account: Account;
  channel: Channel | null;
  onSaved: () => void;
  onRemove: () => void;
}

/** Everything about one connected account. */
export function AccountPage({ account, channel, onSaved, onRemove }: AccountPageProps) {
  const name = account.display_name || account.remote_id;
  const network = channel ? pick(channel.name) : account.channel;
  const Extra = extras[account.channel];
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <IconButton label={t("action.back")} onClick={() => go("accounts")}>
          <ArrowLeft />
        </IconButton>
        <NetworkMark network={account.channel} large />
        <div>
          <h1>{name}</h1>
          <p>
            {network}
            {account.remote_id && account.remote_id !== name ? ` · ${account.remote_id}` : ""}
          </p>
        </div>
      </header>
      <State account={account} />
      {Extra ? <Extra account={account} /> : null}
      <HookData account={account} network={network} />
      <Settings key={account.id} account={account} onSaved={onSaved} />
      {channel?.capabilities.templates ? <TemplatesCard accountId={account.id} /> : null}
      {channel ? (
        <section className={styles.card}>
          <NetworkFacts channel={channel} />
        </section>
      ) : null}
      <Button look="danger" icon={<Trash2 />} onClick={onRemove}>
        {t("accounts.remove")}
      </Button>
    </div>
  );
}

function State({ account }: { account: Account }) {
  const { api } = useUnisono();
  const words = stateWords(account.state);
  const { state } = account.state;
  const signedOut = state === "bad_credentials" || state === "logged_out";
  return (
    <section className={styles.card} aria-label={t("account.state")}>
      <p className={styles.state} data-tone={words.tone} role="status">
        <i aria-hidden="true" />
        <span>
          <strong>{words.title}</strong>
          {words.detail ? <small>{words.detail}</small> : null}
          {state === "connected" && account.conversations > 0 ? <small>{t("accounts.conversations", { n: account.conversations })}</small> : null}
        </span>
        {signedOut ? (
          <Button look="primary" onClick={() => go("accounts", `renew-${account.id}`)}>
            {t("accounts.renew")}
          </Button>
        ) : (
          <Button icon={<RefreshCw />} onClick={() => attempt(api.reconnect(account.id))}>
            {t("accounts.reconnect")}
          </Button>
        )}
      </p>
      {words.progress !== undefined ? <Progress value={words.progress} label={words.title} /> : null}
    </section>
  );
}

function Settings({ account, onSaved }: { account: Account; onSaved: () => void }) {
  const { api } = useUnisono();
  const fields = account.settings_fields ?? [];
  const [values, setValues] = useState<Record<string, string>>(() => startValues(fields, account.settings));
  const [name, setName] = useState(account.display_name);
  const [wrong, setWrong] = useState<{ field: string | null; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  // The fields of an account that was just made arrive after it; a live state must not undo what is being typed.
  useEffect(() => setValues((old) => ({ ...startValues(fields, account.settings), ...old })), [fields.length]);

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      await api.changeAccount(account.id, { settings: values, display_name: name.trim() || undefined });
      toast(t("accounts.saved"));
      onSaved();
    } catch (error) {
      setWrong({ field: error instanceof ApiError ? error.field : null, text: (error instanceof ApiError && error.shown) || t("error.notSaved") });
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className={styles.card} onSubmit={(event) => void save(event)} aria-label={t("settings.title")}>
      <h2>{t("settings.title")}</h2>
      {wrong && !wrong.field ? <Callout>{wrong.text}</Callout> : null}
      <Field label={t("accounts.name")} value={name} onChange={(event) => setName(event.target.value)} />
      <LoginFields fields={fields} values={values} wrong={wrong} onChange={(field, value) => setValues({ ...values, [field]: value })} />
      <Button type="submit" look="primary" busy={busy} className={styles.save}>
        {t("action.save")}
      </Button>
    </form>
  );
}
