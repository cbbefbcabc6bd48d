import { BookUser, Combine, MessageCirclePlus, Search } from "lucide-react";
import { useState } from "react";
import { go } from "@/app/routes";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Empty, SkeletonRows } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import picker from "../newchat/NewChat.module.css";
import { merge } from "./contact-actions";
import { ContactRow } from "./ContactRow";
import styles from "./Contacts.module.css";
import { MergeDialog } from "./MergeDialog";
import { RenameContact } from "./RenameContact";
import { Suggestions } from "./Suggestions";
import { useContacts, useSuggestions } from "./useContacts";

const keyOf = (contact: Contact) => contact.members[0]?.user_id ?? contact.name;

/** Everybody one has a chat of two with: one line per person, whatever the networks. */
export function ContactsPage({ id, onNewChat }: { id: string | null; onNewChat: () => void }) {
  const { api } = useUnisono();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string[] | null>(null);
  const [renaming, setRenaming] = useState<Contact | null>(null);
  const [merging, setMerging] = useState<Contact | null>(null);
  const { contacts, failed, reload } = useContacts(query);
  const { suggestions, reload: reloadSuggestions } = useSuggestions();
  const changed = () => {
    reload();
    reloadSuggestions();
  };
  const picked = (contacts ?? []).filter((contact) => chosen?.includes(keyOf(contact)));
  const toggle = (key: string) => setChosen((old) => (old?.includes(key) ? old.filter((other) => other !== key) : [...(old ?? []), key]));

  async function mergeChosen() {
    if (await merge(api, picked, undefined, changed)) setChosen(null);
  }

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div>
          <h1>{t("contacts.title")}</h1>
          <p>{t("contacts.lead")}</p>
        </div>
        <Button look="primary" icon={<MessageCirclePlus />} onClick={onNewChat}>
          {t("newChat.title")}
        </Button>
      </header>
      {query || chosen ? null : <Suggestions suggestions={suggestions} onChange={changed} />}
      <div className={styles.bar}>
        <div className={picker.search} role="search">
          <Search aria-hidden="true" />
          <input type="search" value={query} placeholder={t("contacts.search")} aria-label={t("contacts.search")} onChange={(event) => setQuery(event.target.value)} />
        </div>
        {contacts && contacts.length > 1 && !chosen ? (
          <Button icon={<Combine />} onClick={() => setChosen([])}>
            {t("contacts.choose")}
          </Button>
        ) : null}
      </div>
      {failed ? (
        <Callout tone="amber" action={<Button look="quiet" onClick={reload}>{t("action.retry")}</Button>}>
          {t("contacts.failed")}
        </Callout>
      ) : null}
      {contacts === null && !failed ? <SkeletonRows count={6} /> : null}
      <ul className={styles.list}>
        {contacts?.map((contact) => {
          const key = keyOf(contact);
          return (
            <li key={key}>
              <ContactRow
                contact={contact}
                open={contact.members.some((member) => member.user_id === id)}
                choosing={chosen !== null}
                chosen={chosen?.includes(key) ?? false}
                onOpen={() => go("contacts", contact.members.some((member) => member.user_id === id) ? null : key)}
                onChosen={() => toggle(key)}
                onRename={() => setRenaming(contact)}
                onMerge={() => setMerging(contact)}
                onChange={changed}
              />
            </li>
          );
        })}
      </ul>
      {contacts?.length === 0 ? (
        <Empty icon={<BookUser />} title={query ? undefined : t("contacts.none.title")}>
          {query ? t("chats.noMatch", { query }) : t("contacts.none.lead")}
        </Empty>
      ) : null}
      {chosen ? (
        <div className={styles.choosing} role="toolbar" aria-label={t("contacts.choose")}>
          <span>{t("contacts.chosen", { n: picked.length })}</span>
          <Button onClick={() => setChosen(null)}>{t("action.cancel")}</Button>
          <Button look="primary" disabled={picked.length < 2} onClick={() => void mergeChosen()}>
            {t("contacts.merge")}
          </Button>
        </div>
      ) : null}
      <RenameContact contact={renaming} onClose={() => setRenaming(null)} onChange={changed} />
      <MergeDialog contact={merging} onClose={() => setMerging(null)} onChange={changed} />
    </div>
  );
}
