import { type FormEvent, useEffect, useState } from "react";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { rename } from "./contact-actions";

/** A name of one's own for somebody, seen by nobody else. */
export function RenameContact({ contact, onClose, onChange }: { contact: Contact | null; onClose: () => void; onChange: () => void }) {
  const { api } = useUnisono();
  const [name, setName] = useState("");
  useEffect(() => setName(contact?.name ?? ""), [contact]);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (contact && (await rename(api, contact, name.trim(), onChange))) onClose();
  }

  return (
    <Dialog open={contact !== null} onClose={onClose} title={t("contacts.rename")}>
      <form onSubmit={(event) => void save(event)}>
        <Field label={t("contact.name")} hint={t("contacts.renameHint")} value={name} required autoFocus maxLength={100} onChange={(event) => setName(event.target.value)} />
        <DialogActions>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!name.trim()}>
            {t("action.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
