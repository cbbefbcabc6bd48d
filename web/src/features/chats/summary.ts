// View-model of the list: what one row shows, computed from the sync store and kept until it changes.
import {
  EventStatus,
  EventType,
  type MatrixClient,
  type MatrixEvent,
  NotificationCountType,
  type Room,
} from "matrix-js-sdk/lib/matrix";
import { readDraft } from "@/features/composer/drafts";
import { bridgeOf, chatName, chatPicture, chatSeed, directIndex, isDirect, isHidden, others } from "@/lib/matrix/chat";
import { byAge, conversationKey, conversationName } from "@/lib/matrix/conversation";
import type { ChangeCounter } from "@/lib/matrix/observe";
import { notificationLevel } from "@/lib/matrix/push-level";
import { join } from "./join";
import { isMessage, type Preview, previewOf } from "./preview";

export interface ChatSummary {
  /** The room that stands for the conversation in addresses. */
  id: string;
  /** All its rooms: several where one person is reached on several networks. The newest first. */
  rooms: string[];
  name: string;
  seed: string;
  picture: string | null;
  direct: boolean;
  /** Of the newest message. */
  network: string | null;
  networkName: string | null;
  networks: { id: string; name: string }[];
  account: number | null;
  invited: boolean;
  time: number;
  preview: Preview | null;
  sender: { own: boolean; name: string } | null;
  draft: string;
  failed: boolean;
  unread: number;
  mentions: number;
  markedUnread: boolean;
  favourite: boolean;
  archived: boolean;
  muted: boolean;
  people: string;
}

const isFailed = (event: MatrixEvent) => event.status === EventStatus.NOT_SENT;

export function lastMessage(room: Room): MatrixEvent | null {
  const pending = room.getPendingEvents().filter(isMessage);
  if (pending.length > 0) return pending[pending.length - 1]!;
  const events = room.getLiveTimeline().getEvents();
  for (let index = events.length - 1; index >= 0; index -= 1) {
    if (isMessage(events[index]!)) return events[index]!;
  }
  return null;
}

/** The newest status of one's own last message says whether it got lost on the other network. */
function lastFate(room: Room, message: MatrixEvent): string | null {
  const events = room.getLiveTimeline().getEvents();
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index]!;
    if (event === message) return null;
    if (event.getType() !== "com.beeper.message_send_status") continue;
    const content = event.getContent();
    if (content["m.relates_to"]?.event_id === message.getId()) return content.status as string;
  }
  return null;
}

export function summarize(client: MatrixClient, room: Room): ChatSummary {
  const message = lastMessage(room);
  const own = message?.getSender() === client.getUserId();
  const bridge = bridgeOf(room);
  const direct = isDirect(client, room);
  const created = room.currentState.getStateEvents(EventType.RoomCreate, "")?.getTs() ?? 0;
  const joined = room.getMember(client.getSafeUserId())?.events.member?.getTs() ?? 0;
  const invited = room.getMyMembership() === "invite";
  const people = others(client, room);
  return {
    id: room.roomId,
    rooms: [room.roomId],
    name: chatName(client, room),
    seed: chatSeed(client, room),
    picture: chatPicture(client, room),
    direct,
    network: bridge?.network ?? null,
    networkName: bridge?.networkName ?? null,
    networks: bridge ? [{ id: bridge.network, name: bridge.networkName }] : [],
    account: bridge?.account ?? null,
    invited,
    time: message?.getTs() ?? (bridge ? created : Math.max(created, joined)),
    preview: message ? previewOf(message) : null,
    sender: message && (own || !direct) ? { own, name: message.sender?.rawDisplayName ?? "" } : null,
    draft: readDraft(room.roomId)?.text ?? "",
    failed: room.getPendingEvents().some(isFailed) || (own && !!message && (lastFate(room, message)?.startsWith("FAIL") ?? false)),
    unread: invited ? 1 : room.getUnreadNotificationCount(NotificationCountType.Total),
    mentions: room.getUnreadNotificationCount(NotificationCountType.Highlight),
    markedUnread: isMarkedUnread(room),
    favourite: "m.favourite" in room.tags,
    archived: "m.lowpriority" in room.tags,
    muted: notificationLevel(client, room.roomId) === "off",
    people: people.slice(0, 50).map((member) => `${member.rawDisplayName} ${member.userId}`).join(" "),
  };
}

function isMarkedUnread(room: Room): boolean {
  const types = ["m.marked_unread", "com.famedly.marked_unread"];
  return types.some((type) => room.getAccountData(type as EventType.Tag)?.getContent().unread === true);
}

/** The whole list, newest first, favourites on top; each row computed again only when its chat changed. */
export class ChatList {
  private readonly rows = new Map<string, { version: number; summary: ChatSummary }>();
  private readonly joint = new Map<string, { rows: ChatSummary[]; summary: ChatSummary }>();
  private previous: ChatSummary[] = [];
  private version = -1;

  constructor(
    private readonly client: MatrixClient,
    private readonly changes: ChangeCounter,
  ) {}

  list(): ChatSummary[] {
    // Several parts of the screen ask for the same list.
    if (this.version === this.changes.version()) return this.previous;
    this.version = this.changes.version();
    const direct = directIndex(this.client);
    const together = new Map<string, { rows: ChatSummary[]; rooms: Room[] }>();
    for (const room of this.client.getRooms()) {
      const membership = room.getMyMembership();
      if (membership !== "join" && membership !== "invite") continue;
      if (!direct.has(room.roomId) && isHidden(this.client, room)) continue;
      const key = conversationKey(this.client, room);
      const conversation = together.get(key) ?? { rows: [], rooms: [] };
      together.set(key, conversation);
      conversation.rows.push(this.row(room));
      conversation.rooms.push(room);
    }
    const next = [...together].map(([key, { rows, rooms }]) => (rows.length === 1 ? rows[0]! : this.joined(key, rows, rooms)));
    next.sort((a, b) => Number(b.favourite) - Number(a.favourite) || b.time - a.time || a.id.localeCompare(b.id));
    const same = next.length === this.previous.length && next.every((row, index) => row === this.previous[index]);
    if (!same) this.previous = next;
    return this.previous;
  }

  /** One row for all chats with a person. */
  private joined(key: string, rows: ChatSummary[], rooms: Room[]): ChatSummary {
    const known = this.joint.get(key);
    if (known && known.rows.length === rows.length && known.rows.every((row, index) => row === rows[index])) return known.summary;
    const summary = join(rows, [...rooms].sort(byAge)[0]!.roomId, conversationName(this.client, rooms));
    this.joint.set(key, { rows, summary });
    return summary;
  }

  private row(room: Room): ChatSummary {
    const counts = room.getUnreadNotificationCount(NotificationCountType.Total);
    const version = this.changes.version(room.roomId);
    const known = this.rows.get(room.roomId);
    if (known && known.version === version && (known.summary.invited || known.summary.unread === counts)) return known.summary;
    const summary = summarize(this.client, room);
    this.rows.set(room.roomId, { version, summary });
    return summary;
  }
}
