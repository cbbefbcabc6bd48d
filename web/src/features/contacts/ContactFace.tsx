import type { Contact, ContactMember } from "@/lib/api/contacts";
import { showHandle } from "@/lib/handles";
import { useUnisono } from "@/lib/matrix/context";
import { localPart } from "@/lib/matrix/ids";
import { Avatar } from "@/ui/Avatar";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./Contacts.module.css";
import { useNetworkName } from "./useNetworkName";

export const networksOf = (contact: Contact) => [...new Set(contact.members.map((member) => member.channel))];

/** What this person is reached by in one place: numbers and addresses, else the name there. */
export function handlesOf(member: ContactMember): string[] {
  const handles = member.handles.map(showHandle);
  if (handles.length > 0) return [...new Set(handles)];
  return [member.remote_id ? showHandle(member.remote_id) : `@${localPart(member.user_id)}`];
}

/** Picture, name, networks and handles of a contact. */
export function ContactFace({ contact, size = 44 }: { contact: Contact; size?: number }) {
  const { client } = useUnisono();
  const nameOf = useNetworkName();
  const handles = [...new Set(contact.members.flatMap(handlesOf))].filter((handle) => handle !== contact.name);
  return (
    <>
      <Avatar client={client} seed={contact.members[0]?.user_id ?? contact.name} name={contact.name} mxc={contact.avatar_url} size={size} />
      <span className={styles.words}>
        <span className={styles.name}>
          <strong>{contact.name}</strong>
          <span className={styles.marks}>
            {networksOf(contact).map((channel) => (
              <NetworkMark key={channel ?? "native"} network={channel ?? "native"} label={nameOf(channel)} />
            ))}
          </span>
        </span>
        <small>{handles.join(" · ")}</small>
      </span>
    </>
  );
}
