// What one room contributes to a conversation: its messages and notices, each with everything that hangs on it.
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { isMessage } from "@/features/chats/preview";
import { others } from "@/lib/matrix/chat";
import { collectStatus, type Fate, fateOf, readPositions, type Statuses } from "./fate";
import { noticeOf } from "./notices";
import { collectReaction, type Reaction, type Reactions } from "./reactions";

export interface MessageItem {
  type: "message";
  key: string;
  id: string;
  room: Room;
  event: MatrixEvent;
  own: boolean;
  senderId: string;
  senderName: string;
  senderPicture: string | null;
  time: number;
  /** First and last of a run of messages of one person. */
  first: boolean;
  last: boolean;
  edited: boolean;
  replyTo: string | null;
  reactions: Reaction[];
  fate: Fate | null;
  /** Where it went, told where a conversation runs on several networks. */
  via: string | null;
  /** Everything that changes the look, in one text: equal means that nothing has to be drawn again. */
  revision: string;
}

export interface Entry {
  time: number;
  /** Not yet taken by the server: stands below everything that is. */
  pending: boolean;
  /** Came after what had been read when the conversation was opened. */
  unread: boolean;
  message: MessageItem | null;
  notice: { id: string; line: string } | null;
}

interface Collected {
  statuses: Statuses;
  reactions: Reactions;
  positions: Map<string, number>;
}

export function entriesOf(client: MatrixClient, room: Room, unreadAfter: string | null): Entry[] {
  const me = client.getSafeUserId();
  const settled = room.getLiveTimeline().getEvents();
  const events = [...settled, ...room.getPendingEvents()];
  const people = others(client, room).map((member) => member.userId);
  const collected: Collected = { statuses: new Map(), reactions: new Map(), positions: new Map() };
  events.forEach((event, position) => {
    collected.positions.set(event.getId()!, position);
    if (!collectStatus(collected.statuses, event)) collectReaction(collected.reactions, event, me);
  });
  const readers = readPositions(room, people.slice(0, 200), collected.positions);
  const readUpTo = unreadAfter === null ? undefined : collected.positions.get(unreadAfter);

  const entries: Entry[] = [];
  events.forEach((event, position) => {
    const message = isMessage(event);
    const line = message ? null : noticeOf(client, room, event);
    if (!message && !line) return;
    if (event.isRedacted() && event.getType() === "m.room.encrypted" && !event.getSender()) return;
    entries.push({
      time: event.getTs(),
      pending: position >= settled.length,
      unread: message && readUpTo !== undefined && position > readUpTo && event.getSender() !== me,
      message: message ? messageItem(client, room, event, position, collected, readers, people.length) : null,
      notice: line ? { id: event.getId()!, line } : null,
    });
  });
  return entries;
}

function messageItem(
  client: MatrixClient,
  room: Room,
  event: MatrixEvent,
  position: number,
  { statuses, reactions }: Collected,
  readers: [string, number][],
  people: number,
): MessageItem {
  const id = event.getId()!;
  const senderId = event.getSender() ?? "";
  const own = senderId === client.getUserId();
  const member = event.sender ?? room.getMember(senderId);
  return {
    type: "message",
    key: event.getUnsigned().transaction_id ?? event.getTxnId() ?? id,
    id,
    room,
    event,
    own,
    senderId,
    senderName: member?.rawDisplayName ?? senderId,
    senderPicture: member?.getMxcAvatarUrl() ?? null,
    time: event.getTs(),
    first: true,
    last: true,
    edited: Boolean(event.replacingEventId()),
    replyTo: event.replyEventId ?? null,
    reactions: [...(reactions.get(id)?.values() ?? [])],
    fate: own && !event.isRedacted() ? fateOf(event, position, statuses, readers, people) : null,
    via: null,
    revision: "",
  };
}
