import { Search, UserPlus } from "lucide-react";
import { useState } from "react";
import { go } from "@/app/routes";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/Toast";
import styles from "./NewChat.module.css";
import { openDirect } from "./open-chat";
import { type Person, usePeople } from "./usePeople";

export function PeopleSearch({ query, onQuery, autoFocus }: { query: string; onQuery: (query: string) => void; autoFocus?: boolean }) {
  return (
    <div className={styles.search}>
      <Search aria-hidden="true" />
      <input
        type="search"
        autoFocus={autoFocus}
        value={query}
        placeholder={t("newChat.find")}
        aria-label={t("newChat.find")}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => onQuery(event.target.value)}
      />
    </div>
  );
}

export function PersonButton({ person, pressed, disabled, onPick }: { person: Person; pressed?: boolean; disabled?: boolean; onPick: (person: Person) => void }) {
  const { client } = useUnisono();
  return (
    <button type="button" className={styles.person} aria-pressed={pressed} disabled={disabled} onClick={() => onPick(person)}>
      <Avatar client={client} seed={person.id} name={person.name} mxc={person.picture} size={40} />
      <span>
        <strong>{person.name}</strong>
        <small>{person.id.replace(/:.*$/, "")}</small>
      </span>
    </button>
  );
}

export function PersonTab({ onClose, onInvite }: { onClose: () => void; onInvite: () => void }) {
  const { client } = useUnisono();
  const [query, setQuery] = useState("");
  const [busy, setBusy] = useState(false);
  const { people, searching } = usePeople(query, true);

  async function open(person: Person) {
    setBusy(true);
    try {
      go("chats", await openDirect(client, person.id));
      onClose();
    } catch {
      toast(t("newChat.failed"), { tone: "red" });
      setBusy(false);
    }
  }

  return (
    <>
      <PeopleSearch query={query} onQuery={setQuery} autoFocus />
      <ul className={styles.people} aria-busy={searching}>
        {people.map((person) => (
          <li key={person.id}>
            <PersonButton person={person} disabled={busy} onPick={(picked) => void open(picked)} />
          </li>
        ))}
      </ul>
      {!searching && people.length === 0 ? <p className={styles.none}>{t(query ? "newChat.nobody" : "newChat.alone")}</p> : null}
      <Button look="quiet" icon={<UserPlus />} wide onClick={onInvite}>
        {t("newChat.invite")}
      </Button>
    </>
  );
}
