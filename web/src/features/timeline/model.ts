// View-model of a conversation: turns the room's events into what is shown, in one pass.
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
  /** Everything that changes the look, in one text: equal means that nothing has to be drawn again. */
  revision: string;
}

export type Item =
  | MessageItem
  | { type: "day"; key: string; time: number }
  | { type: "unread"; key: string }
  | { type: "notice"; key: string; lines: string[] };

const runLength = 5 * 60_000;

interface Collected {
  statuses: Statuses;
  reactions: Reactions;
  positions: Map<string, number>;
}

export function buildTimeline(client: MatrixClient, room: Room, unreadAfter: string | null): Item[] {
  const me = client.getSafeUserId();
  const events = [...room.getLiveTimeline().getEvents(), ...room.getPendingEvents()];
  const people = others(client, room).map((member) => member.userId);
  const collected: Collected = { statuses: new Map(), reactions: new Map(), positions: new Map() };
  events.forEach((event, position) => {
    collected.positions.set(event.getId()!, position);
    if (!collectStatus(collected.statuses, event)) collectReaction(collected.reactions, event, me);
  });
  const readers = readPositions(room, people.slice(0, 200), collected.positions);

  const items: Item[] = [];
  let day = "";
  let unreadPending = unreadAfter !== null && collected.positions.has(unreadAfter);
  const unreadFrom = unreadAfter === null ? -1 : (collected.positions.get(unreadAfter) ?? -1);
  events.forEach((event, position) => {
    const message = isMessage(event);
    const notice = message ? null : noticeOf(client, room, event);
    if (!message && !notice) return;
    if (event.isRedacted() && event.getType() === "m.room.encrypted" && !event.getSender()) return;
    const date = new Date(event.getTs()).toDateString();
    if (date !== day) {
      day = date;
      items.push({ type: "day", key: `day-${date}`, time: event.getTs() });
    }
    if (unreadPending && message && position > unreadFrom && event.getSender() !== me) {
      unreadPending = false;
      items.push({ type: "unread", key: "unread" });
    }
    if (notice) pushNotice(items, event.getId()!, notice);
    else pushMessage(items, messageItem(client, room, event, position, collected, readers, people.length));
  });
  return items;
}

/** Changes to the chat that follow each other are one quiet block. */
function pushNotice(items: Item[], key: string, line: string) {
  const before = items[items.length - 1];
  if (before?.type === "notice") before.lines.push(line);
  else items.push({ type: "notice", key, lines: [line] });
}

/** Adds a message and settles where the run of its sender begins and ends. */
function pushMessage(items: Item[], item: MessageItem) {
  const before = items[items.length - 1];
  const joins =
    before?.type === "message" &&
    before.senderId === item.senderId &&
    item.time - before.time < runLength &&
    !subject(item.event);
  if (joins) {
    before.last = false;
    before.revision = revisionOf(before);
    item.first = false;
  }
  item.revision = revisionOf(item);
  items.push(item);
}

const subject = (event: MatrixEvent) => Boolean((event.getContent()["org.unisono.email"] as { subject?: string } | undefined)?.subject);

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
    revision: "",
  };
}

function revisionOf(item: MessageItem): string {
  const { event, fate } = item;
  return [
    item.id,
    item.first,
    item.last,
    event.status,
    event.replacingEventId(),
    event.isRedacted(),
    event.getType(),
    event.isDecryptionFailure(),
    item.senderName,
    item.senderPicture,
    fate && `${fate.kind}|${fate.reason}|${fate.readBy.length}`,
    item.reactions.map((reaction) => `${reaction.key}${reaction.senders.join()}${reaction.own?.getId() ?? ""}`).join(";"),
  ].join("·");
}
