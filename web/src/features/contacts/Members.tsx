import { Unlink } from "lucide-react";
import type { Contact } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { IconButton } from "@/ui/Button";
import { NetworkMark } from "@/ui/NetworkMark";
import { split } from "./contact-actions";
import { handlesOf } from "./ContactFace";
import styles from "./Contacts.module.css";
import { useNetworkName } from "./useNetworkName";

/** Who a contact is on each network; each can be taken out again. */
export function Members({ contact, onChange }: { contact: Contact; onChange: () => void }) {
  const { api } = useUnisono();
  const nameOf = useNetworkName();
  return (
    <ul className={styles.members}>
      {contact.members.map((member) => (
        <li key={member.user_id}>
          <NetworkMark network={member.channel ?? "native"} />
          <span>
            <strong>{member.display_name}</strong>
            <small>
              {nameOf(member.channel)} · {handlesOf(member).join(", ")}
            </small>
          </span>
          {contact.members.length > 1 ? (
            <IconButton small label={t("contacts.splitOff", { name: member.display_name, network: nameOf(member.channel) })} onClick={() => void split(api, [member.user_id], member.display_name, onChange)}>
              <Unlink />
            </IconButton>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
