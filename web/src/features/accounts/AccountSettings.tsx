import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "@/lib/api/client";
import type { Account } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Callout, Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import styles from "./AccountsPage.module.css";
import { LoginFields, startValues } from "./fields";

export function AccountSettings({ account, onClose, onSaved }: { account: Account | null; onClose: () => void; onSaved: () => void }) {
  const { api } = useUnisono();
  const [values, setValues] = useState<Record<string, string>>({});
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState<{ field: string | null; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const id = account?.id;

  useEffect(() => {
    if (!account) return;
    setValues(startValues(account.settings_fields ?? [], account.settings));
    setName(account.display_name);
    setWrong(null);
    // Only when another account is opened: a live state must not undo what is being typed.
  }, [id]);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!account) return;
    setBusy(true);
    try {
      await api.changeAccount(account.id, { settings: values, display_name: name.trim() || undefined });
      toast(t("accounts.saved"));
      onSaved();
      onClose();
    } catch (error) {
      setWrong({ field: error instanceof ApiError ? error.field : null, text: (error instanceof ApiError && error.shown) || t("error.notSaved") });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={account !== null} onClose={onClose} title={t("accounts.settings", { name: account?.remote_id ?? "" })}>
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        {wrong && !wrong.field ? <Callout>{wrong.text}</Callout> : null}
        <Field label={t("accounts.name")} value={name} onChange={(event) => setName(event.target.value)} />
        <LoginFields fields={account?.settings_fields ?? []} values={values} wrong={wrong} onChange={(field, value) => setValues({ ...values, [field]: value })} />
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
