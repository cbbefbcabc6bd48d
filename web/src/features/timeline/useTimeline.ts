// View-model hook of one conversation: its items, loading of older ones, and reading marks.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type MatrixClient, ReceiptType, type Room } from "matrix-js-sdk/lib/matrix";
import { isMessage } from "@/features/chats/preview";
import { markUnread } from "@/features/chats/row-actions";
import { useUnisono } from "@/lib/matrix/context";
import { findEvent, isMixed } from "@/lib/matrix/conversation";
import { useVersions } from "@/lib/matrix/observe";
import { type Entry, entriesOf } from "./entries";
import { type Item, layOut, merge, type ReadMarks } from "./model";
import { horizonOf, isWhole, loadFurther } from "./reach";

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

const marksOf = (rooms: readonly Room[], userId: string): ReadMarks =>
  Object.fromEntries(rooms.map((room) => [room.roomId, room.getUnreadNotificationCount() > 0 ? readMarkOf(room, userId) : null]));

/** The rooms as one list; a room that did not change is not gone through again. */
function useItems(client: MatrixClient, rooms: readonly Room[], marks: ReadMarks): { items: Item[]; horizon: number } {
  const { changes } = useUnisono();
  const version = useVersions(
    changes,
    useMemo(() => rooms.map((room) => room.roomId), [rooms]),
  );
  const kept = useRef(new Map<string, { version: number; entries: Entry[] }>());
  return useMemo(() => {
    const lists = rooms.map((room) => {
      const now = changes.version(room.roomId);
      const known = kept.current.get(room.roomId);
      if (known && known.version === now) return known.entries;
      const entries = entriesOf(client, room, marks[room.roomId] ?? null);
      kept.current.set(room.roomId, { version: now, entries });
      return entries;
    });
    const horizon = rooms.length > 1 ? horizonOf(rooms) : Number.NEGATIVE_INFINITY;
    const whole = merge(lists).filter((entry) => entry.pending || entry.time >= horizon);
    return { items: layOut(whole, isMixed(rooms)), horizon };
    // The version stands for everything that the rooms hold.
  }, [client, changes, rooms, marks, version]);
}

export function useTimeline(rooms: readonly Room[]) {
  const { client, changes, userId } = useUnisono();
  const [marks] = useState(() => marksOf(rooms, userId));
  const [size, setSize] = useState(firstWindow);
  const [loading, setLoading] = useState(false);
  const busy = useRef(false);
  const { items } = useItems(client, rooms, marks);
  const shown = items.length > size ? items.slice(items.length - size) : items;
  const complete = rooms.every(isWhole) && shown.length === items.length;

  const touch = useCallback(() => rooms.forEach((room) => changes.touch(room.roomId)), [rooms, changes]);
  const known = items.length;

  /** One page further back: from what is here already, else from the server. False at the beginning. */
  const loadOlder = useCallback(async (): Promise<boolean> => {
    if (busy.current) return true;
    if (known > size) {
      setSize(size + page);
      return true;
    }
    busy.current = true;
    setLoading(true);
    try {
      if (!(await loadFurther(client, rooms, page))) return false;
      setSize((old) => old + page);
      touch();
      return true;
    } catch {
      return false;
    } finally {
      busy.current = false;
      setLoading(false);
    }
  }, [client, rooms, touch, size, known]);

  /** Loads until a message is here. */
  const reach = useCallback(
    async (eventId: string, pages = 60): Promise<boolean> => {
      for (let step = 0; step <= pages; step += 1) {
        const found = findEvent(rooms, eventId);
        const time = found?.event.getTs();
        if (time !== undefined && (rooms.length === 1 || horizonOf(rooms) <= time)) {
          const newer = rooms.reduce((sum, room) => sum + room.getLiveTimeline().getEvents().filter((event) => event.getTs() >= time).length, 0);
          setSize((old) => Math.max(old, newer + page));
          return true;
        }
        if (!(await loadFurther(client, rooms, 100))) return false;
        touch();
      }
      return false;
    },
    [client, rooms, touch],
  );

  useEffect(() => {
    for (const room of rooms) void room.loadMembersIfNeeded().then(() => changes.touch(room.roomId));
  }, [rooms, changes]);

  return { items: shown, loading, complete, loadOlder, reach, marks };
}

/** Tells the others, and this person's own devices, that the newest message of each room was seen. */
export function useReading(rooms: readonly Room[], seeing: boolean, items: readonly Item[]) {
  const { client, userId } = useUnisono();
  const sent = useRef(new Map<string, string>());
  useEffect(() => {
    if (!seeing) return;
    const readRoom = (room: Room) => {
      const events = room.getLiveTimeline().getEvents();
      const last = [...events].reverse().find((event) => !event.status && (isMessage(event) || event.getSender() !== userId));
      const id = last?.getId();
      if (!last || !id || sent.current.get(room.roomId) === id || room.getMyMembership() !== "join") return;
      sent.current.set(room.roomId, id);
      void markUnread(client, room.roomId, false).catch(() => undefined);
      if (room.getEventReadUpTo(userId) === id && room.getUnreadNotificationCount() === 0) return;
      client.sendReadReceipt(last, ReceiptType.Read, true).catch(() => sent.current.delete(room.roomId));
      client.setRoomReadMarkers(room.roomId, id).catch(() => undefined);
    };
    const read = () => {
      if (document.visibilityState !== "visible" || !document.hasFocus()) return;
      rooms.forEach(readRoom);
    };
    read();
    window.addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => {
      window.removeEventListener("focus", read);
      document.removeEventListener("visibilitychange", read);
    };
  }, [client, rooms, seeing, items, userId]);
}
