import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { setUpEncryption, startOver } from "@/lib/matrix/encryption";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import styles from "./EncryptionNotice.module.css";

/** Only seen where the silent way did not work: the password was changed, or sign-in had none. */
export function EncryptionNotice() {
  const { encryption } = useUnisono();
  const [open, setOpen] = useState(false);
  if (encryption !== "locked" && encryption !== "unfinished") return null;
  const unfinished = encryption === "unfinished";
  return (
    <>
      <button type="button" className={styles.notice} onClick={() => setOpen(true)}>
        <KeyRound />
        <span>{t(unfinished ? "encryption.unfinished" : "encryption.locked")}</span>
        <b>{t(unfinished ? "encryption.finish" : "encryption.unlock")}</b>
      </button>
      <UnlockDialog unfinished={unfinished} open={open} onClose={() => setOpen(false)} />
    </>
  );
}

function UnlockDialog({ unfinished, open, onClose }: { unfinished: boolean; open: boolean; onClose: () => void }) {
  const { client, secrets, setEncryption } = useUnisono();
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);

  async function attempt(work: () => Promise<boolean>, failure: string) {
    setBusy(true);
    setError(null);
    try {
      if (await work()) {
        setEncryption("ready");
        toast(t("encryption.unlocked"));
        onClose();
      } else {
        setError(failure);
      }
    } catch {
      setError(failure);
    } finally {
      secrets.dropPassword();
      setBusy(false);
    }
  }

  const submit = (event: FormEvent) => {
    event.preventDefault();
    secrets.offer(text.trim());
    void attempt(async () => (await setUpEncryption(client, secrets)) === "ready", t("encryption.wrong"));
  };

  return (
    <Dialog open={open} onClose={onClose} title={t(unfinished ? "encryption.finish.title" : "encryption.unlock.title")} description={t(sure ? "encryption.reset.lead" : unfinished ? "encryption.finish.lead" : "encryption.unlock.lead")}>
      <form onSubmit={submit} className={styles.form}>
        <Field
          label={t(sure || unfinished ? "field.password" : "encryption.oldPassword")}
          type="password"
          autoComplete="off"
          value={text}
          error={error}
          required
          onChange={(event) => setText(event.target.value)}
        />
        <DialogActions>
          {sure ? (
            <>
              <Button onClick={() => setSure(false)}>{t("action.back")}</Button>
              <Button look="danger" busy={busy} disabled={!text} onClick={() => void attempt(() => startOver(client, secrets, text).then(() => true), t("auth.error.wrong"))}>
                {t("encryption.reset")}
              </Button>
            </>
          ) : (
            <>
              {unfinished ? null : (
                <Button look="quiet" onClick={() => setSure(true)}>
                  {t("encryption.forgot")}
                </Button>
              )}
              <Button type="submit" look="primary" busy={busy}>
                {t(unfinished ? "encryption.finish" : "encryption.unlock")}
              </Button>
            </>
          )}
        </DialogActions>
      </form>
    </Dialog>
  );
}
