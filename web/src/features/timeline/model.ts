// View-model of a conversation: joins its rooms by time and lays out what is shown.
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { isMixed, networkOf } from "@/lib/matrix/conversation";
import { type Entry, entriesOf, type MessageItem } from "./entries";

export type { MessageItem } from "./entries";

export type Item =
  | MessageItem
  | { type: "day"; key: string; time: number }
  | { type: "unread"; key: string }
  | { type: "notice"; key: string; lines: string[] };

const runLength = 5 * 60_000;

/** What had been read in each room when the conversation was opened. */
export type ReadMarks = Readonly<Record<string, string | null>>;

export function buildTimeline(client: MatrixClient, rooms: readonly Room[], marks: ReadMarks): Item[] {
  return layOut(merge(rooms.map((room) => entriesOf(client, room, marks[room.roomId] ?? null))), isMixed(rooms));
}

/**
 * Several rooms as one, by time. Inside a room the server's order holds, whatever the clocks say; what is still
 * on its way out comes last.
 */
export function merge(lists: readonly Entry[][]): Entry[] {
  if (lists.length === 1) return lists[0]!;
  const settled = lists.map((list) => list.filter((entry) => !entry.pending));
  const at = settled.map(() => 0);
  const merged: Entry[] = [];
  for (;;) {
    let next = -1;
    settled.forEach((list, index) => {
      const head = list[at[index]!];
      if (head && (next < 0 || head.time < settled[next]![at[next]!]!.time)) next = index;
    });
    if (next < 0) break;
    merged.push(settled[next]![at[next]!]!);
    at[next]! += 1;
  }
  const pending = lists.flatMap((list) => list.filter((entry) => entry.pending));
  return [...merged, ...pending.sort((a, b) => a.time - b.time)];
}

/** Rows out of entries: days, the line of what is new, quiet notices, and runs of one voice. */
export function layOut(entries: readonly Entry[], mixed: boolean): Item[] {
  const items: Item[] = [];
  let day = "";
  let unreadPending = true;
  for (const { time, unread, message, notice } of entries) {
    const date = new Date(time).toDateString();
    if (date !== day) {
      day = date;
      items.push({ type: "day", key: `day-${date}`, time });
    }
    if (unreadPending && unread) {
      unreadPending = false;
      items.push({ type: "unread", key: "unread" });
    }
    if (notice) pushNotice(items, notice.id, notice.line);
    // A row is laid out anew each time; the entry it comes from may be kept for the next time.
    else if (message) pushMessage(items, { ...message, via: mixed ? networkOf(message.room) : null });
  }
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
    before.own === item.own &&
    before.room === item.room &&
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

function revisionOf(item: MessageItem): string {
  const { event, fate } = item;
  return [
    item.id,
    item.first,
    item.last,
    item.via,
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
