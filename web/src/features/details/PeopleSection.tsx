import type { Room, RoomMember } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { bridgeOf, isDirect, others } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import styles from "./DetailsPanel.module.css";

export function PeopleSection({ room, onMessage }: { room: Room; onMessage: (userId: string) => void }) {
  const { client, userId } = useUnisono();
  if (isDirect(client, room)) return null;
  const me = room.getMember(userId);
  const people = others(client, room).sort((a, b) => b.powerLevel - a.powerLevel || a.rawDisplayName.localeCompare(b.rawDisplayName));
  const bridge = bridgeOf(room);
  const all = me ? [me, ...people] : people;
  return (
    <section className={styles.section}>
      <h4>{t("details.people", { n: all.length })}</h4>
      <ul className={styles.people}>
        {all.slice(0, 200).map((member) => (
          <li key={member.userId}>
            {member.userId === userId || bridge ? (
              <span className={styles.person}>
                <Person member={member} own={member.userId === userId} />
              </span>
            ) : (
              <button type="button" className={styles.person} onClick={() => onMessage(member.userId)}>
                <span className="visually-hidden">{t("details.message", { name: member.rawDisplayName })}</span>
                <Person member={member} own={false} />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Person({ member, own }: { member: RoomMember; own: boolean }) {
  const { client } = useUnisono();
  const mark = member.membership === "invite" ? t("details.invited") : member.powerLevel >= 100 ? t("details.admin") : "";
  return (
    <>
      <Avatar client={client} seed={member.userId} name={member.rawDisplayName} mxc={member.getMxcAvatarUrl()} size={36} />
      <span>
        <strong>{own ? t("chat.you") : member.rawDisplayName}</strong>
        {mark ? <small>{mark}</small> : null}
      </span>
    </>
  );
}
