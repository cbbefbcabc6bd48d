import { type FormEvent, useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { useContacts } from "@/features/contacts/useContacts";
import type { Contact } from "@/lib/api/contacts";
import { showHandle } from "@/lib/handles";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { writeCard } from "@/lib/vcard";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import picker from "../newchat/NewChat.module.css";
import form from "./TemplateDialog.module.css";
import { sendFile } from "./uploads";

const handlesOf = (contact: Contact, scheme: string) => [
  ...new Set(contact.members.flatMap((member) => member.handles.filter((handle) => handle.startsWith(scheme)).map((handle) => handle.slice(scheme.length)))),
];

/** Passes somebody's number or address on, as a card that programs understand. */
export function ContactDialog({ room, open, onClose }: { room: Room; open: boolean; onClose: () => void }) {
  const { client } = useUnisono();
  const [query, setQuery] = useState("");
  const [name, setName] = useState("");
  const [phone, setPhone] = useState("");
  const [email, setEmail] = useState("");
  const { contacts } = useContacts(query, open);
  useEffect(() => {
    setQuery("");
    setName("");
    setPhone("");
    setEmail("");
  }, [open]);
  const known = (contacts ?? []).filter((contact) => handlesOf(contact, "tel:").length + handlesOf(contact, "mailto:").length > 0).slice(0, 5);

  function take(contact: Contact) {
    setName(contact.name);
    setPhone(handlesOf(contact, "tel:")[0] ?? "");
    setEmail(handlesOf(contact, "mailto:")[0] ?? "");
  }

  function send(event: FormEvent) {
    event.preventDefault();
    const card = writeCard({ name: name.trim(), organisation: "", phones: phone.trim() ? [phone.trim()] : [], emails: email.trim() ? [email.trim()] : [] });
    const file = new File([card], `${name.trim().replace(/[\\/:*?"<>|]/g, "_")}.vcf`, { type: "text/vcard" });
    sendFile(client, room.roomId, file, "");
    window.dispatchEvent(new CustomEvent("unisono:sent"));
    onClose();
  }

  return (
    <Dialog open={open} onClose={onClose} title={t("contact.send")}>
      <form className={form.form} onSubmit={send}>
        <input className={form.search} type="search" value={query} placeholder={t("contacts.search")} aria-label={t("contacts.search")} onChange={(event) => setQuery(event.target.value)} />
        {known.length > 0 ? (
          <ul className={picker.people}>
            {known.map((contact) => (
              <li key={contact.members[0]!.user_id}>
                <button type="button" className={picker.person} aria-pressed={contact.name === name} onClick={() => take(contact)}>
                  <Avatar client={client} seed={contact.members[0]!.user_id} name={contact.name} mxc={contact.avatar_url} size={36} />
                  <span>
                    <strong>{contact.name}</strong>
                    <small>{[...handlesOf(contact, "tel:").map((handle) => showHandle(handle)), ...handlesOf(contact, "mailto:")].join(", ")}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        ) : null}
        <Field label={t("contact.name")} value={name} required maxLength={120} onChange={(event) => setName(event.target.value)} />
        <Field label={t("contact.phone")} type="tel" value={phone} onChange={(event) => setPhone(event.target.value)} />
        <Field label={t("contact.email")} type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
        <DialogActions>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!name.trim() || !(phone.trim() || email.trim())}>
            {t("composer.send")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
