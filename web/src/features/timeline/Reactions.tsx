import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { Tip } from "@/ui/Tip";
import styles from "./MessageTools.module.css";
import type { MessageItem } from "./model";

export const namesOf = (room: Room, people: string[]) => people.map((userId) => room.getMember(userId)?.rawDisplayName ?? userId).join(", ");

export function Reactions({ item, room, onReact }: { item: MessageItem; room: Room; onReact: (key: string) => void }) {
  if (item.reactions.length === 0) return null;
  return (
    <div className={styles.reactions}>
      {item.reactions.map((reaction) => (
        <Tip key={reaction.key} text={namesOf(room, reaction.senders)} side="top">
          <button
            type="button"
            aria-pressed={reaction.own !== null}
            aria-label={t("reaction.label", { sign: reaction.key, n: reaction.senders.length, names: namesOf(room, reaction.senders) })}
            onClick={() => onReact(reaction.key)}
          >
            <span>{reaction.key}</span>
            {reaction.senders.length > 1 ? reaction.senders.length : null}
          </button>
        </Tip>
      ))}
    </div>
  );
}
