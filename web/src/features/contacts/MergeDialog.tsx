import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Dialog } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Empty";
import picker from "../newchat/NewChat.module.css";
import { idsOf, merge } from "./contact-actions";
import { ContactFace } from "./ContactFace";
import styles from "./Contacts.module.css";
import { useContacts } from "./useContacts";

/** Looks for the other contact that is the same person. */
export function MergeDialog({ contact, onClose, onChange }: { contact: Contact | null; onClose: () => void; onChange: () => void }) {
  const { api } = useUnisono();
  const [query, setQuery] = useState("");
  const [busy, setBusy] = useState(false);
  const { contacts } = useContacts(query, contact !== null);
  useEffect(() => setQuery(""), [contact]);
  const own = contact ? idsOf([contact]) : [];
  const others = (contacts ?? []).filter((other) => !idsOf([other]).some((id) => own.includes(id)));

  async function take(other: Contact) {
    if (!contact) return;
    setBusy(true);
    const done = await merge(api, [contact, other], undefined, onChange);
    setBusy(false);
    if (done) onClose();
  }

  return (
    <Dialog open={contact !== null} onClose={onClose} title={t("contacts.mergeWith", { name: contact?.name ?? "" })} description={t("contacts.mergeLead")}>
      <div className={picker.search}>
        <Search aria-hidden="true" />
        <input type="search" autoFocus value={query} placeholder={t("contacts.search")} aria-label={t("contacts.search")} onChange={(event) => setQuery(event.target.value)} />
      </div>
      {contacts === null ? <SkeletonRows count={3} /> : null}
      <ul className={picker.people}>
        {others.map((other) => (
          <li key={other.members[0]?.user_id}>
            <button type="button" className={styles.pick} disabled={busy} onClick={() => void take(other)}>
              <ContactFace contact={other} size={40} />
            </button>
          </li>
        ))}
      </ul>
      {contacts && others.length === 0 ? <p className={picker.none}>{t("contacts.noneFound")}</p> : null}
    </Dialog>
  );
}
