import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { go } from "@/app/routes";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import styles from "./NewChat.module.css";
import { openGroup } from "./open-chat";
import { PeopleSearch } from "./PeopleSearch";
import { PersonButton } from "./PersonButton";
import { type Person, usePeople } from "./usePeople";

export function PeoplePicker({ chosen, onChange, without = [] }: { chosen: Person[]; onChange: (people: Person[]) => void; without?: string[] }) {
  const [query, setQuery] = useState("");
  const { people, searching } = usePeople(query, true);
  const isChosen = (person: Person) => chosen.some(({ id }) => id === person.id);
  const toggle = (person: Person) => onChange(isChosen(person) ? chosen.filter(({ id }) => id !== person.id) : [...chosen, person]);
  return (
    <>
      {chosen.length > 0 ? (
        <ul className={styles.chosen}>
          {chosen.map((person) => (
            <li key={person.id}>
              {person.name}
              <button type="button" aria-label={t("newChat.removePerson", { name: person.name })} onClick={() => toggle(person)}>
                <X />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <PeopleSearch query={query} onQuery={setQuery} />
      <ul className={styles.people} aria-busy={searching}>
        {people
          .filter(({ id }) => !without.includes(id))
          .map((person) => (
            <li key={person.id}>
              <PersonButton person={person} pressed={isChosen(person)} onPick={toggle} />
            </li>
          ))}
      </ul>
      {!searching && people.length === 0 ? <p className={styles.none}>{t(query ? "newChat.nobody" : "newChat.alone")}</p> : null}
    </>
  );
}

export function GroupTab({ onClose }: { onClose: () => void }) {
  const { client } = useUnisono();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Person[]>([]);
  const [busy, setBusy] = useState(false);

  async function create(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      go(
        "chats",
        await openGroup(
          client,
          name,
          chosen.map(({ id }) => id),
        ),
      );
      onClose();
    } catch {
      toast(t("newChat.failed"), { tone: "red" });
      setBusy(false);
    }
  }

  return (
    <form className={styles.form} onSubmit={(event) => void create(event)}>
      <Field label={t("newChat.groupName")} value={name} required autoFocus maxLength={80} onChange={(event) => setName(event.target.value)} />
      <div role="group" aria-label={t("newChat.groupPeople")} className={styles.form}>
        <p className={styles.label}>{t("newChat.groupPeople")}</p>
        <PeoplePicker chosen={chosen} onChange={setChosen} />
      </div>
      <DialogActions>
        <Button type="submit" look="primary" busy={busy} disabled={!name.trim()}>
          {t("newChat.create")}
        </Button>
      </DialogActions>
    </form>
  );
}
