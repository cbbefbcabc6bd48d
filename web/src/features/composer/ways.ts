// The ways in which the person of a conversation can be written to, and which one is taken.
import { useCallback, useEffect, useMemo, useState } from "react";
import type { MatrixClient, Room } from "matrix-js-sdk/lib/matrix";
import { isMessage } from "@/features/chats/preview";
import { ApiError } from "@/lib/api/client";
import type { Way } from "@/lib/api/contacts";
import { pick, t } from "@/lib/i18n";
import { bridgeOf, directIndex, networkLabel } from "@/lib/matrix/chat";
import { samePerson } from "@/lib/matrix/contacts";
import { useUnisono } from "@/lib/matrix/context";
import { isPrivate, networkOf } from "@/lib/matrix/conversation";
import { showHandle } from "@/lib/handles";
import { toast } from "@/ui/Toast";
import { readDraft, writeDraft } from "./drafts";

export interface Choice {
  key: string;
  network: string;
  name: string;
  /** The number or address, and the account where there are several. */
  detail: string;
  room: Room | null;
  way: Way | null;
}

/** What was chosen by hand, per room of a conversation, as long as the page is open. */
const chosen = new Map<string, string>();

/** What is written next in a room's conversation goes there. */
export const takeRoom = (roomId: string) => chosen.set(roomId, roomId);

const newest = (rooms: readonly Room[], fits: (sender: string) => boolean): { room: Room; time: number } | null => {
  let best: { room: Room; time: number } | null = null;
  for (const room of rooms) {
    const events = room.getLiveTimeline().getEvents();
    for (let index = events.length - 1; index >= 0; index -= 1) {
      const event = events[index]!;
      if (!isMessage(event) || !fits(event.getSender() ?? "")) continue;
      if (!best || event.getTs() > best.time) best = { room, time: event.getTs() };
      break;
    }
  }
  return best;
};

/** One answers where one chose to, where one began to write, or where the other side wrote last. */
export function startingRoom(client: MatrixClient, rooms: readonly Room[]): Room {
  const drafted = rooms.find((room) => readDraft(room.roomId)?.text.trim());
  const byHand = rooms.map((room) => chosen.get(room.roomId)).find(Boolean);
  const me = client.getUserId();
  return (
    rooms.find((room) => room.roomId === byHand) ??
    drafted ??
    newest(rooms, (sender) => sender !== me)?.room ??
    newest(rooms, () => true)?.room ??
    rooms[0]!
  );
}

export function choicesOf(rooms: readonly Room[], ways: readonly Way[]): Choice[] {
  const networks = rooms.map(networkOf);
  const there = rooms.map((room): Choice => {
    const network = networkOf(room);
    const way = ways.find(({ room_id }) => room_id === room.roomId) ?? null;
    const several = networks.filter((other) => other === network).length > 1;
    const handle = network === "native" ? (isPrivate(room) ? t("way.private") : "") : showHandle(way?.identifier ?? bridgeOf(room)?.chatId ?? "");
    const detail = [handle, several ? way?.account_name : null].filter(Boolean).join(" · ");
    return { key: room.roomId, network, name: networkLabel(room), detail, room, way };
  });
  const more = ways
    .filter(({ room_id, account_id }) => room_id === null && account_id !== null)
    .map((way): Choice => {
      const several = ways.filter(({ channel }) => channel === way.channel).length > 1;
      const detail = [showHandle(way.identifier), several ? way.account_name : null].filter(Boolean).join(" · ");
      return { key: `${way.account_id}/${way.identifier}`, network: way.channel ?? "native", name: pick(way.network) || way.channel || "", detail, room: null, way };
    });
  return [...there, ...more];
}

/** Takes what was begun along to the other room. */
function moveDraft(from: Room, to: Room) {
  const draft = readDraft(from.roomId);
  if (!draft?.text.trim() || from === to) return;
  writeDraft(to.roomId, { text: draft.text });
  writeDraft(from.roomId, null);
}

export function useWays(rooms: readonly Room[]) {
  const { client, api, changes } = useUnisono();
  const [active, setActive] = useState(() => {
    const first = startingRoom(client, rooms);
    // What was typed while a new way was being opened comes along.
    if (!readDraft(first.roomId)?.text.trim()) rooms.forEach((room) => moveDraft(room, first));
    return first.roomId;
  });
  const [ways, setWays] = useState<Way[]>([]);
  const [busy, setBusy] = useState(false);
  const room = rooms.find(({ roomId }) => roomId === active) ?? rooms[0]!;
  const partner = directIndex(client).get(room.roomId) ?? null;
  const ids = rooms.map(({ roomId }) => roomId).join();

  useEffect(() => {
    if (!partner) return;
    let live = true;
    api.ways(partner).then(
      (list) => live && setWays(list),
      // Without the server's word there still are the chats that exist.
      () => live && setWays([]),
    );
    return () => {
      live = false;
    };
  }, [api, partner, ids]);

  const choices = useMemo(() => choicesOf(rooms, ways), [rooms, ways]);

  const take = useCallback(
    (next: Room) => {
      moveDraft(room, next);
      rooms.forEach(({ roomId }) => chosen.set(roomId, next.roomId));
      chosen.set(next.roomId, next.roomId);
      setActive(next.roomId);
      changes.touch(room.roomId);
      changes.touch(next.roomId);
    },
    [room, rooms, changes],
  );

  /** Follows the other side to another network, unless something was chosen or begun here. */
  const follow = useCallback(() => {
    if (rooms.some(({ roomId }) => chosen.has(roomId) || readDraft(roomId)?.text.trim())) return;
    setActive(startingRoom(client, rooms).roomId);
  }, [client, rooms]);

  const choose = useCallback(
    async (choice: Choice) => {
      if (choice.room) return take(choice.room);
      if (!choice.way?.account_id) return;
      setBusy(true);
      try {
        const { room_id } = await api.startChat(choice.way.account_id, choice.way.identifier);
        const next = await appearing(client, room_id, changes.subscribe);
        // Before the two become one conversation: that is shown anew, and has to know what was chosen.
        [...rooms, next].forEach(({ roomId }) => chosen.set(roomId, next.roomId));
        // The same person as here, whatever the network calls them.
        const other = directIndex(client).get(room_id);
        if (other && partner && !samePerson(client, partner).includes(other)) await api.mergeContacts([...samePerson(client, partner), other]);
        take(next);
      } catch (error) {
        toast((error instanceof ApiError && error.shown) || t("newChat.failed"), { tone: "red" });
      } finally {
        setBusy(false);
      }
    },
    [api, client, changes, partner, rooms, take],
  );

  return { room, choices, choose, busy, follow };
}

/** A room that the server has just made arrives with the next sync. */
export function appearing(client: MatrixClient, roomId: string, subscribe: (listener: () => void) => () => void): Promise<Room> {
  const here = () => {
    const room = client.getRoom(roomId);
    return room?.getMyMembership() === "join" && directIndex(client).has(roomId) ? room : null;
  };
  const now = here();
  if (now) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      unsubscribe();
    };
    const unsubscribe = subscribe(() => {
      const room = here();
      if (!room) return;
      stop();
      resolve(room);
    });
    const timer = setTimeout(() => {
      stop();
      const room = client.getRoom(roomId);
      if (room) resolve(room);
      else reject(new Error("the chat did not appear"));
    }, 10_000);
  });
}
