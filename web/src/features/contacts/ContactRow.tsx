import { ChevronDown, Combine, Pencil } from "lucide-react";
import { useId } from "react";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { ContactFace } from "./ContactFace";
import styles from "./Contacts.module.css";
import { Members } from "./Members";
import { WaysList } from "./WaysList";

interface ContactRowProps {
  contact: Contact;
  open: boolean;
  /** In the middle of choosing several: pressing a row marks it. */
  choosing: boolean;
  chosen: boolean;
  onOpen: () => void;
  onChosen: () => void;
  onRename: () => void;
  onMerge: () => void;
  onChange: () => void;
}

export function ContactRow({ contact, open, choosing, chosen, onOpen, onChosen, onRename, onMerge, onChange }: ContactRowProps) {
  const id = useId();
  if (choosing) {
    return (
      <label className={styles.row} data-chosen={chosen || undefined}>
        <input type="checkbox" checked={chosen} onChange={onChosen} aria-label={contact.name} />
        <ContactFace contact={contact} />
      </label>
    );
  }
  return (
    <>
      <button type="button" className={styles.row} aria-expanded={open} aria-controls={open ? id : undefined} onClick={onOpen}>
        <ContactFace contact={contact} />
        <ChevronDown aria-hidden="true" className={styles.chevron} />
      </button>
      {open ? (
        <div id={id} className={styles.open}>
          <WaysList contact={contact} />
          <h3>{t("contacts.knownAs")}</h3>
          <Members contact={contact} onChange={onChange} />
          <div className={styles.tools}>
            <Button look="quiet" icon={<Pencil />} onClick={onRename}>
              {t("contacts.rename")}
            </Button>
            <Button look="quiet" icon={<Combine />} onClick={onMerge}>
              {t("contacts.mergeOther")}
            </Button>
          </div>
        </div>
      ) : null}
    </>
  );
}
