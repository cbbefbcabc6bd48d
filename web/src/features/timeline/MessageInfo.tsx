import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { formatFull } from "@/lib/i18n/format";
import { networkLabel, others } from "@/lib/matrix/chat";
import { findEvent } from "@/lib/matrix/conversation";
import { useUnisono } from "@/lib/matrix/context";
import { Dialog } from "@/ui/Dialog";
import styles from "./Conversation.module.css";
import { mailOf } from "./kinds/MailBody";
import { privacyOf } from "./PrivacyLine";

/** When it was written, who has read it, who could. */
export function MessageInfo({ rooms, eventId, onClose }: { rooms: readonly Room[]; eventId: string | null; onClose: () => void }) {
  const { client } = useUnisono();
  const found = findEvent(rooms, eventId);
  const event = found?.event;
  const room = found?.room;
  const readers = room && event ? others(client, room).filter((member) => room.hasUserReadEvent(member.userId, event.getId()!)) : [];
  const mail = event ? mailOf(event.getContent()) : null;
  const rows: [string, string][] = room && event
    ? [
        [t("info.sender"), event.sender?.rawDisplayName ?? event.getSender() ?? ""],
        [t("info.network"), networkLabel(room)],
        [t("info.time"), formatFull(event.getTs())],
        [t("mail.subject"), mail?.subject ?? ""],
        [t("info.readBy"), readers.map((member) => member.rawDisplayName).join(", ") || t("info.nobody")],
        [t("info.privacy"), privacyOf(room).text],
      ]
    : [];
  return (
    <Dialog open={event !== undefined} onClose={onClose} title={t("message.info")}>
      <dl className={styles.info}>
        {rows
          .filter(([, value]) => value)
          .map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </Dialog>
  );
}
