// Opens chats with people of this server: encrypted from the first message on.
import { EventType, type MatrixClient, Preset, Visibility } from "matrix-js-sdk/lib/matrix";
import { directIndex, markDirect } from "@/lib/matrix/chat";

const encryption = {
  type: EventType.RoomEncryption,
  state_key: "",
  content: { algorithm: "m.megolm.v1.aes-sha2" },
};

/** The chat of two with a person: the one that exists, else a new one. */
export async function openDirect(client: MatrixClient, userId: string): Promise<string> {
  const known = findDirect(client, userId);
  if (known) return known;
  const { room_id } = await client.createRoom({
    preset: Preset.TrustedPrivateChat,
    visibility: Visibility.Private,
    is_direct: true,
    invite: [userId],
    initial_state: [encryption],
  });
  await markDirect(client, room_id, userId);
  return room_id;
}

export function findDirect(client: MatrixClient, userId: string): string | null {
  const direct = directIndex(client);
  const rooms = client
    .getRooms()
    .filter((room) => direct.get(room.roomId) === userId && room.getMyMembership() === "join")
    .filter((room) => ["join", "invite"].includes(room.getMember(userId)?.membership ?? ""));
  rooms.sort((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp());
  return rooms[0]?.roomId ?? null;
}

export async function openGroup(client: MatrixClient, name: string, people: string[]): Promise<string> {
  const { room_id } = await client.createRoom({
    name: name.trim(),
    preset: Preset.PrivateChat,
    visibility: Visibility.Private,
    invite: people,
    initial_state: [encryption],
  });
  return room_id;
}
