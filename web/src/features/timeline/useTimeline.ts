// View-model hook of one conversation: its items, loading of older ones, and reading marks.
import { useCallback, useEffect, useRef, useState } from "react";
import { Direction, ReceiptType, type Room } from "matrix-js-sdk/lib/matrix";
import { isMessage } from "@/features/chats/preview";
import { markUnread } from "@/features/chats/row-actions";
import { useUnisono } from "@/lib/matrix/context";
import { useDerived } from "@/lib/matrix/observe";
import { buildTimeline, type Item } from "./model";

const page = 40;
const firstWindow = 120;

/** The newest event that this person had read when the chat was opened. */
function readMarkOf(room: Room, userId: string): string | null {
  const upTo = room.getEventReadUpTo(userId);
  const marker = room.getAccountData("m.fully_read")?.getContent().event_id as string | undefined;
  const events = room.getLiveTimeline().getEvents();
  const at = (id: string | null | undefined) => (id ? events.findIndex((event) => event.getId() === id) : -1);
  const latest = at(marker) > at(upTo) ? marker : upTo;
  // Further back than what is loaded: the mark itself tells where to load up to.
  return latest ?? room.getReadReceiptForUserId(userId, true)?.eventId ?? marker ?? null;
}

export function useTimeline(room: Room) {
  const { client, changes, userId } = useUnisono();
  const [unreadAfter] = useState(() => (room.getUnreadNotificationCount() > 0 ? readMarkOf(room, userId) : null));
  const [size, setSize] = useState(firstWindow);
  const [loading, setLoading] = useState(false);
  const busy = useRef(false);
  const items = useDerived(changes, room.roomId, () => buildTimeline(client, room, unreadAfter), [client, room, unreadAfter]);
  const shown = items.length > size ? items.slice(items.length - size) : items;
  const complete = room.getLiveTimeline().getPaginationToken(Direction.Backward) === null && shown.length === items.length;

  /** One page further back: from what is here already, else from the server. False at the beginning. */
  const loadOlder = useCallback(async (): Promise<boolean> => {
    if (busy.current) return true;
    const known = buildTimeline(client, room, null).length;
    if (known > size) {
      setSize(size + page);
      return true;
    }
    if (room.getLiveTimeline().getPaginationToken(Direction.Backward) === null) return false;
    busy.current = true;
    setLoading(true);
    try {
      await client.scrollback(room, page);
      setSize((old) => old + page);
      changes.touch(room.roomId);
      return true;
    } catch {
      return false;
    } finally {
      busy.current = false;
      setLoading(false);
    }
  }, [client, room, changes, size]);

  /** Loads until a message is here. */
  const reach = useCallback(
    async (eventId: string, pages = 60): Promise<boolean> => {
      for (let step = 0; step <= pages; step += 1) {
        const events = room.getLiveTimeline().getEvents();
        const at = events.findIndex((event) => event.getId() === eventId);
        if (at >= 0) {
          setSize((old) => Math.max(old, events.length - at + page));
          return true;
        }
        if (room.getLiveTimeline().getPaginationToken(Direction.Backward) === null) return false;
        await client.scrollback(room, 100);
        changes.touch(room.roomId);
      }
      return false;
    },
    [client, room, changes],
  );

  useEffect(() => {
    void room.loadMembersIfNeeded().then(() => changes.touch(room.roomId));
  }, [room, changes]);

  return { items: shown, loading, complete, loadOlder, reach, unreadAfter };
}

/** Tells the others, and this person's own devices, that the newest message was seen. */
export function useReading(room: Room, seeing: boolean, items: readonly Item[]) {
  const { client, userId } = useUnisono();
  const sent = useRef<string | null>(null);
  useEffect(() => {
    if (!seeing) return;
    const read = () => {
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      const events = room.getLiveTimeline().getEvents();
      const last = [...events].reverse().find((event) => !event.status && (isMessage(event) || event.getSender() !== userId));
      const id = last?.getId();
      if (!last || !id || sent.current === id || room.getMyMembership() !== "join") return;
      sent.current = id;
      void markUnread(client, room.roomId, false).catch(() => undefined);
      if (room.getEventReadUpTo(userId) === id && room.getUnreadNotificationCount() === 0) return;
      client.sendReadReceipt(last, ReceiptType.Read, true).catch(() => (sent.current = null));
      client.setRoomReadMarkers(room.roomId, id).catch(() => undefined);
    };
    read();
    window.addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => {
      window.removeEventListener("focus", read);
      document.removeEventListener("visibilitychange", read);
    };
  }, [client, room, seeing, items, userId]);
}
