// Chats of two that somebody of the same server opens are simply there, as in any messenger.
// Groups, and people of other servers, are asked about first.
import { type MatrixClient, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix";
import { markDirect } from "./chat";

export function acceptDirectInvites(client: MatrixClient) {
  const tried = new Set<string>();
  const look = (room: Room) => {
    if (room.getMyMembership() !== "invite" || tried.has(room.roomId)) return;
    const from = directInviter(client, room);
    if (!from || from.split(":").slice(1).join(":") !== client.getDomain()) return;
    tried.add(room.roomId);
    void accept(client, room, from).catch(() => tried.delete(room.roomId));
  };
  client.on(RoomEvent.MyMembership, look);
}

function directInviter(client: MatrixClient, room: Room): string | null {
  const event = room.getMember(client.getSafeUserId())?.events.member;
  return event?.getContent().is_direct ? (event.getSender() ?? null) : null;
}

export function inviterOf(client: MatrixClient, room: Room): string | null {
  return room.getMember(client.getSafeUserId())?.events.member?.getSender() ?? null;
}

export async function accept(client: MatrixClient, room: Room, directWith: string | null = directInviter(client, room)) {
  await client.joinRoom(room.roomId);
  if (directWith) await markDirect(client, room.roomId, directWith);
}
