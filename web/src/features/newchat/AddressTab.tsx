import { type FormEvent, useState } from "react";
import { go } from "@/app/routes";
import { useAccounts, useChannels } from "@/features/accounts/useAccounts";
import { ApiError } from "@/lib/api/client";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { DialogActions } from "@/ui/Dialog";
import { Callout, Field, Select } from "@/ui/Field";
import styles from "./NewChat.module.css";

/** A chat with somebody on another network, by their address or number. */
export function AddressTab({ onClose }: { onClose: () => void }) {
  const { api } = useUnisono();
  const { accounts } = useAccounts();
  const { channels } = useChannels();
  const able = (accounts ?? []).filter((account) => channels?.find(({ id }) => id === account.channel)?.capabilities.start_chat !== false);
  const [chosen, setChosen] = useState("");
  const [address, setAddress] = useState("");
  const [subject, setSubject] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const account = able.find(({ id }) => String(id) === chosen) ?? able[0];

  async function start(event: FormEvent) {
    event.preventDefault();
    if (!account) return;
    setBusy(true);
    setWrong(null);
    try {
      const { room_id } = await api.startChat(account.id, address.trim(), subject.trim() || undefined);
      go("chats", room_id);
      onClose();
    } catch (error) {
      setWrong((error instanceof ApiError && error.shown) || t("newChat.failed"));
      setBusy(false);
    }
  }

  if (accounts && able.length === 0) {
    return (
      <Callout
        tone="calm"
        action={
          <Button
            look="primary"
            onClick={() => {
              onClose();
              go("accounts", "new");
            }}
          >
            {t("accounts.add")}
          </Button>
        }
      >
        {t("newChat.noAccount")}
      </Callout>
    );
  }
  return (
    <form className={styles.form} onSubmit={(event) => void start(event)}>
      {able.length > 1 ? (
        <Select label={t("newChat.via")} value={String(account?.id ?? "")} options={able.map(({ id, display_name, remote_id }) => ({ value: String(id), label: display_name || remote_id }))} onChange={setChosen} />
      ) : null}
      <Field label={t("newChat.to")} hint={t("newChat.toHint")} value={address} error={wrong} required autoFocus autoCapitalize="none" spellCheck={false} onChange={(event) => setAddress(event.target.value)} />
      {account?.channel === "email" ? <Field label={t("newChat.subject")} value={subject} onChange={(event) => setSubject(event.target.value)} /> : null}
      <DialogActions>
        <Button type="submit" look="primary" busy={busy} disabled={!address.trim() || !account}>
          {t("newChat.start")}
        </Button>
      </DialogActions>
    </form>
  );
}
