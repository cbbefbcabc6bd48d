import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import styles from "./NewChat.module.css";
import type { Person } from "./usePeople";

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
