// A conversation is what one sees: a group chat, or all chats of two with one and the same person, on whatever
// network they run.
import { EventType, type MatrixClient, type Room } from "matrix-js-sdk/lib/matrix";
import { isHandle } from "@/lib/handles";
import { bridgeOf, chatName, directIndex, isEncrypted } from "./chat";
import { contactOf, type KnownContact, samePerson } from "./contacts";

export interface Conversation {
  /** Stays the same whichever of its rooms is asked for. */
  key: string;
  /** Oldest first; the first one stands for the conversation in addresses. */
  rooms: Room[];
  contact: KnownContact | null;
}

const isOpen = (room: Room | null): room is Room => room?.getMyMembership() === "join";

export function conversationKey(client: MatrixClient, room: Room): string {
  const partner = isOpen(room) ? directIndex(client).get(room.roomId) : undefined;
  if (!partner) return room.roomId;
  return contactOf(client, partner)?.id ?? partner;
}

const createdAt = (room: Room) => room.currentState.getStateEvents(EventType.RoomCreate, "")?.getTs() ?? 0;

export function byAge(a: Room, b: Room): number {
  return createdAt(a) - createdAt(b) || a.roomId.localeCompare(b.roomId);
}

/** The conversation that a room belongs to. */
export function conversationOf(client: MatrixClient, room: Room): Conversation {
  const direct = directIndex(client);
  const partner = direct.get(room.roomId);
  const alone = { key: conversationKey(client, room), rooms: [room], contact: contactOf(client, partner ?? null) };
  if (!partner || !isOpen(room)) return alone;
  const people = new Set(samePerson(client, partner));
  const rooms = [...direct].filter(([, user]) => people.has(user)).map(([roomId]) => client.getRoom(roomId));
  return { ...alone, rooms: rooms.filter(isOpen).sort(byAge) };
}

/** A name before numbers and addresses, and the fullest of several: as the server calls the contact, too. */
export function conversationName(client: MatrixClient, rooms: readonly Room[]): string {
  const direct = directIndex(client);
  // By the person, not by the room's age: all devices choose alike among names of one length.
  const names = [...rooms].sort((a, b) => (direct.get(a.roomId) ?? "").localeCompare(direct.get(b.roomId) ?? "")).map((room) => chatName(client, room));
  const speaking = names.filter((name) => !isHandle(name)).sort((a, b) => b.length - a.length);
  return speaking[0] ?? names[0] ?? "";
}

/** Rooms of one conversation that differ by network or account: where each message went is worth a mark. */
export function isMixed(rooms: readonly Room[]): boolean {
  return new Set(rooms.map(networkOf)).size > 1;
}

/** `native` for chats of this server. */
export function networkOf(room: Room): string {
  return bridgeOf(room)?.network ?? "native";
}

export const isPrivate = (room: Room) => bridgeOf(room) === null && isEncrypted(room);

export function findEvent(rooms: readonly Room[], eventId: string | null) {
  if (!eventId) return null;
  for (const room of rooms) {
    const event = room.findEventById(eventId);
    if (event) return { room, event };
  }
  return null;
}
