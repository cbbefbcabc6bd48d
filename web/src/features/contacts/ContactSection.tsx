import { BookUser, Combine, Pencil } from "lucide-react";
import { useState } from "react";
import { go } from "@/app/routes";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import panel from "../details/DetailsPanel.module.css";
import { Members } from "./Members";
import { MergeDialog } from "./MergeDialog";
import { RenameContact } from "./RenameContact";
import { Suggestions } from "./Suggestions";
import { useContacts, useSuggestions } from "./useContacts";

/** In a chat's details: who this is elsewhere, and who it might be. */
export function ContactSection({ userId }: { userId: string }) {
  const { contacts, reload } = useContacts("", true);
  const { suggestions, reload: reloadSuggestions } = useSuggestions();
  const [renaming, setRenaming] = useState<Contact | null>(null);
  const [merging, setMerging] = useState<Contact | null>(null);
  const isThis = (contact: Contact) => contact.members.some((member) => member.user_id === userId);
  const contact = contacts?.find(isThis);
  if (!contact) return null;
  const changed = () => {
    reload();
    reloadSuggestions();
  };
  return (
    <section className={panel.section} aria-label={t("contacts.contact")}>
      <h4>{t("contacts.knownAs")}</h4>
      <Members contact={contact} onChange={changed} />
      <Suggestions suggestions={suggestions.filter((suggestion) => suggestion.contacts.some(isThis))} onChange={changed} />
      <div className={panel.contactTools}>
        <Button look="quiet" icon={<Pencil />} onClick={() => setRenaming(contact)}>
          {t("contacts.rename")}
        </Button>
        <Button look="quiet" icon={<Combine />} onClick={() => setMerging(contact)}>
          {t("contacts.mergeOther")}
        </Button>
        <Button look="quiet" icon={<BookUser />} onClick={() => go("contacts", contact.members[0]!.user_id)}>
          {t("contacts.open")}
        </Button>
      </div>
      <RenameContact contact={renaming} onClose={() => setRenaming(null)} onChange={changed} />
      <MergeDialog contact={merging} onClose={() => setMerging(null)} onChange={changed} />
    </section>
  );
}
