import { useEffect, useState } from "react";
import { type MatrixEvent, MatrixEvent as MatrixEventClass, type Room } from "matrix-js-sdk/lib/matrix";
import { previewOf } from "@/features/chats/preview";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { toneOf } from "@/ui/initials";
import styles from "./MessageRow.module.css";

/** The message that is answered, shortened; pressing it goes there. */
export function ReplyQuote({ room, eventId, onJump }: { room: Room; eventId: string; onJump: (id: string) => void }) {
  const event = useEvent(room, eventId);
  const { userId } = useUnisono();
  const sender = event?.getSender() ?? "";
  const name = event ? (sender === userId ? t("chat.you") : (room.getMember(sender)?.rawDisplayName ?? sender)) : "";
  return (
    <button type="button" className={styles.quote} data-tone={toneOf(sender)} onClick={() => onJump(eventId)}>
      <span className="visually-hidden">{t("message.jumpToReply", { name })}</span>
      <strong>{name}</strong>
      <span>{event ? previewOf(event).text : "…"}</span>
    </button>
  );
}

/** An event that may be older than what is loaded. */
function useEvent(room: Room, eventId: string): MatrixEvent | null {
  const { client } = useUnisono();
  const known = room.findEventById(eventId) ?? null;
  const [fetched, setFetched] = useState<MatrixEvent | null>(null);
  useEffect(() => {
    if (known) return;
    let live = true;
    client.fetchRoomEvent(room.roomId, eventId).then(
      async (raw) => {
        const event = new MatrixEventClass({ room_id: room.roomId, ...raw });
        if (event.isEncrypted()) await client.decryptEventIfNeeded(event);
        if (live) setFetched(event);
      },
      () => undefined,
    );
    return () => {
      live = false;
    };
  }, [client, room, eventId, known]);
  return known ?? fetched;
}
