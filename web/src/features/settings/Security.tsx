import { KeyRound, ShieldCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { moveToNewPassword, withPassword } from "@/lib/matrix/encryption";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import styles from "./SettingsPage.module.css";

export function Security() {
  const { encryption } = useUnisono();
  const [open, setOpen] = useState(false);
  return (
    <section className={styles.card} aria-labelledby="settings-security">
      <h2 id="settings-security">{t("settings.security")}</h2>
      <p className={styles.shield} data-state={encryption}>
        <ShieldCheck aria-hidden="true" /> {t(`settings.encryption.${encryption}`)}
      </p>
      <div className={styles.buttons}>
        <Button icon={<KeyRound />} onClick={() => setOpen(true)}>
          {t("settings.password")}
        </Button>
      </div>
      <ChangePassword open={open} onClose={() => setOpen(false)} />
    </section>
  );
}

function ChangePassword({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { client, secrets, encryption } = useUnisono();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [wrong, setWrong] = useState<{ field: "old" | "next"; text: string } | null>(null);
  const [busy, setBusy] = useState(false);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (next.length < 8) return setWrong({ field: "next", text: t("auth.error.weak") });
    setBusy(true);
    setWrong(null);
    try {
      await withPassword(client, old, (auth) => client.setPassword(auth as never, next, false));
      // The stored keys follow the password, so that the next device opens with the new one.
      secrets.offer(old);
      if (encryption === "ready") await moveToNewPassword(client, secrets, next);
      secrets.dropPassword();
      toast(t("settings.password.done"));
      setOld("");
      setNext("");
      onClose();
    } catch (error) {
      const status = (error as { httpStatus?: number }).httpStatus;
      const weak = (error as { errcode?: string }).errcode === "M_WEAK_PASSWORD";
      setWrong({ field: weak ? "next" : "old", text: t(weak ? "auth.error.weak" : status === 401 || status === 403 ? "auth.error.wrong" : "error.notSaved") });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={open} onClose={onClose} title={t("settings.password")}>
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        <Field label={t("settings.password.old")} type="password" autoComplete="current-password" required value={old} error={wrong?.field === "old" ? wrong.text : null} onChange={(event) => setOld(event.target.value)} />
        <Field
          label={t("settings.password.new")}
          type="password"
          autoComplete="new-password"
          required
          hint={t("field.password.hint")}
          value={next}
          error={wrong?.field === "next" ? wrong.text : null}
          onChange={(event) => setNext(event.target.value)}
        />
        <DialogActions>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t("action.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
