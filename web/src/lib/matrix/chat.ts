// What the app knows about one chat, read from the room's state: network, partner, abilities, privacy.
import { EventType, type MatrixClient, type Room, type RoomMember } from "matrix-js-sdk/lib/matrix";
import type { Capabilities, Text } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { contactOf } from "./contacts";
import { localPart } from "./ids";
import { networkName } from "./network-names";

interface BridgeContent {
  bridgebot?: string;
  protocol?: { id?: string; displayname?: string };
  network?: { id?: string; displayname?: string };
  channel?: { id?: string; displayname?: string };
  "org.unisono.account"?: number;
  "org.unisono.privacy"?: Text;
}

export interface Bridge {
  network: string;
  networkName: string;
  chatId: string | null;
  account: number | null;
  bot: string | null;
  privacy: Text | null;
}

const anyEvents = (room: Room, type: string) => room.currentState.getStateEvents(type as EventType.RoomName);

/** The other network that a chat lives on; `null` for a native one. */
export function bridgeOf(room: Room): Bridge | null {
  const events = [...anyEvents(room, "m.bridge"), ...anyEvents(room, "uk.half-shot.bridge")];
  for (const event of events) {
    const content = event.getContent() as BridgeContent;
    if (!content.protocol?.id) continue;
    return {
      network: content.protocol.id,
      networkName: networkName(content.protocol.id, content.protocol.displayname),
      chatId: content.channel?.id ?? null,
      account: content["org.unisono.account"] ?? null,
      bot: content.bridgebot ?? null,
      privacy: content["org.unisono.privacy"] ?? null,
    };
  }
  return null;
}

/** The network's name as people say it; a native chat is named after the app. */
export function networkLabel(room: Room): string {
  return bridgeOf(room)?.networkName ?? t("network.native");
}

export function isBot(client: MatrixClient, userId: string): boolean {
  return userId === `@unisono:${client.getDomain()}`;
}

/** Everybody else who is in the chat or asked to be, without the server's own bot. */
export function others(client: MatrixClient, room: Room): RoomMember[] {
  const bot = bridgeOf(room)?.bot;
  return room
    .getMembers()
    .filter(
      (member) =>
        (member.membership === "join" || member.membership === "invite") &&
        member.userId !== client.getUserId() &&
        member.userId !== bot &&
        !isBot(client, member.userId),
    );
}

/** Whom the chat is with, for a chat of two. */
export function partnerId(client: MatrixClient, room: Room): string | null {
  const direct = directIndex(client).get(room.roomId);
  if (direct) return direct;
  const invitedBy = room.getMember(client.getSafeUserId());
  if (invitedBy?.events.member?.getContent().is_direct && invitedBy.membership === "invite") {
    return invitedBy.events.member.getSender() ?? null;
  }
  return null;
}

const noDirect: ReadonlyMap<string, string> = new Map();
const indexes = new WeakMap<object, ReadonlyMap<string, string>>();

/** `m.direct` the other way round: room to person. Made once for each state of it. */
export function directIndex(client: MatrixClient): ReadonlyMap<string, string> {
  const content = client.getAccountData(EventType.Direct)?.getContent();
  if (!content) return noDirect;
  const known = indexes.get(content);
  if (known) return known;
  const index = new Map<string, string>();
  for (const [user, rooms] of Object.entries(content)) {
    if (Array.isArray(rooms)) rooms.forEach((room) => typeof room === "string" && index.set(room, user));
  }
  indexes.set(content, index);
  return index;
}

export function isDirect(client: MatrixClient, room: Room): boolean {
  return partnerId(client, room) !== null;
}

export function chatName(client: MatrixClient, room: Room): string {
  const partner = partnerId(client, room);
  const named = contactOf(client, partner)?.name;
  if (named) return named;
  const given = room.currentState.getStateEvents(EventType.RoomName, "")?.getContent().name as string | undefined;
  if (given?.trim()) return given.trim();
  if (partner) return room.getMember(partner)?.rawDisplayName ?? client.getUser(partner)?.displayName ?? localPart(partner);
  const people = others(client, room);
  if (people.length > 0) {
    const names = people.slice(0, 3).map((member) => member.rawDisplayName);
    return names.join(", ") + (people.length > 3 ? ` +${people.length - 3}` : "");
  }
  return room.name || room.roomId;
}

export function chatPicture(client: MatrixClient, room: Room): string | null {
  const own = room.getMxcAvatarUrl();
  if (own) return own;
  const partner = partnerId(client, room);
  if (!partner) return null;
  return room.getMember(partner)?.getMxcAvatarUrl() ?? client.getUser(partner)?.avatarUrl ?? null;
}

/** What the picture's colour is made from: the person for a chat of two, else the chat. */
export function chatSeed(client: MatrixClient, room: Room): string {
  return partnerId(client, room) ?? room.roomId;
}

/** What can be done here; `null` for a native chat, where everything can. */
export function capabilitiesOf(room: Room): Partial<Capabilities> | null {
  const event = room.currentState.getStateEvents("com.beeper.room_features" as EventType.RoomName, "");
  return event ? (event.getContent() as Partial<Capabilities>) : null;
}

export function isEncrypted(room: Room): boolean {
  return room.hasEncryptionStateEvent();
}

/** Chats that are machinery: spaces, the bot's own, and ones that were replaced by a successor. */
export function isHidden(client: MatrixClient, room: Room): boolean {
  if (room.getType() === "m.space") return true;
  if (room.currentState.getStateEvents("m.room.tombstone" as EventType.RoomName, "") && room.findPredecessor() === null) {
    const next = room.currentState.getStateEvents("m.room.tombstone" as EventType.RoomName, "")?.getContent().replacement_room;
    if (typeof next === "string" && client.getRoom(next)?.getMyMembership() === "join") return true;
  }
  const members = room.getMembers().filter((member) => member.membership === "join" || member.membership === "invite");
  return members.length === 2 && members.some((member) => isBot(client, member.userId)) && !bridgeOf(room);
}

// One after the other: two at once would each write a list without the other's chat.
let marking: Promise<unknown> = Promise.resolve();

/** Records a chat of two under the other person, for all of this person's devices. */
export function markDirect(client: MatrixClient, roomId: string, userId: string): Promise<void> {
  const mark = async () => {
    const known = (client.getAccountData(EventType.Direct)?.getContent() ?? {}) as Record<string, string[]>;
    if (known[userId]?.includes(roomId)) return;
    await client.setAccountData(EventType.Direct, { ...known, [userId]: [...(known[userId] ?? []), roomId] });
  };
  const turn = marking.then(mark);
  marking = turn.catch(() => undefined);
  return turn;
}
