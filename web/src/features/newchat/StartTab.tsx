import { Search, UserPlus } from "lucide-react";
import { useState } from "react";
import { go } from "@/app/routes";
import { ContactFace } from "@/features/contacts/ContactFace";
import contactStyles from "@/features/contacts/Contacts.module.css";
import { useContacts } from "@/features/contacts/useContacts";
import { startingRoom } from "@/features/composer/ways";
import { ApiError } from "@/lib/api/client";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Field";
import styles from "./NewChat.module.css";
import { openDirect } from "./open-chat";
import { PersonButton } from "./PersonButton";
import { type Target, TypedWays } from "./TypedWays";
import { usePeople } from "./usePeople";

interface StartTabProps {
  start: string;
  onClose: () => void;
  onInvite: () => void;
}

/** One field for whom to write to: a name, a number, an address. Who is known comes first. */
export function StartTab({ start, onClose, onInvite }: StartTabProps) {
  const { client, api } = useUnisono();
  const [query, setQuery] = useState(start);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const { contacts } = useContacts(query);
  const { people, searching } = usePeople(query, true);
  const known = new Set((contacts ?? []).flatMap((contact) => contact.members.map((member) => member.user_id)));
  const others = people.filter(({ id }) => !known.has(id));

  async function open(find: () => Promise<string>) {
    setBusy(true);
    setWrong(null);
    try {
      go("chats", await find());
      onClose();
    } catch (error) {
      setWrong((error instanceof ApiError && (error.shown || worded(error))) || t("newChat.failed"));
      setBusy(false);
    }
  }

  async function chatOf(contact: Contact): Promise<string> {
    const rooms = contact.members
      .flatMap((member) => member.rooms.map(({ room_id }) => client.getRoom(room_id)))
      .filter((room) => room !== null)
      .filter((room) => room.getMyMembership() === "join");
    return rooms.length > 0 ? startingRoom(client, rooms).roomId : openDirect(client, contact.members[0]!.user_id);
  }

  const begin = ({ account, typed, subject }: Target) => open(() => api.startChat(account.id, typed, subject || undefined).then(({ room_id }) => room_id));

  return (
    <>
      <div className={styles.search}>
        <Search aria-hidden="true" />
        <input
          type="search"
          autoFocus
          value={query}
          placeholder={t("newChat.whom")}
          aria-label={t("newChat.whom")}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => {
            setQuery(event.target.value);
            setWrong(null);
          }}
        />
      </div>
      {wrong ? <Callout>{wrong}</Callout> : null}
      <ul className={styles.people} aria-busy={searching}>
        {(contacts ?? []).slice(0, 30).map((contact) => (
          <li key={contact.members[0]?.user_id}>
            <button type="button" className={contactStyles.pick} disabled={busy} onClick={() => void open(() => chatOf(contact))}>
              <ContactFace contact={contact} size={40} />
            </button>
          </li>
        ))}
        {others.map((person) => (
          <li key={person.id}>
            <PersonButton person={person} disabled={busy} onPick={(picked) => void open(() => openDirect(client, picked.id))} />
          </li>
        ))}
      </ul>
      <TypedWays
        typed={query}
        busy={busy}
        onStart={(target) => void begin(target)}
        onAddAccount={() => {
          onClose();
          go("accounts", "new");
        }}
      />
      {!searching && contacts && known.size + others.length === 0 && !query.trim() ? <p className={styles.none}>{t("newChat.alone")}</p> : null}
      <Button look="quiet" icon={<UserPlus />} wide onClick={onInvite}>
        {t("newChat.invite")}
      </Button>
    </>
  );
}

/** What the server says in its own words only, where they say something to people. */
function worded(error: ApiError): string {
  if (error.status === 404) return t("newChat.notThere");
  if (error.status === 503) return t("newChat.notConnected");
  return "";
}
