// How far back a conversation is loaded. With several rooms it is whole only down to where the least loaded of
// them begins: what is older in the others waits, so that nothing ever appears in between later.
import { Direction, EventType, type MatrixClient, type Room } from "matrix-js-sdk/lib/matrix";

/** Nothing older exists on the server. */
export function isWhole(room: Room): boolean {
  const timeline = room.getLiveTimeline();
  return timeline.getPaginationToken(Direction.Backward) === null || timeline.getEvents()[0]?.getType() === EventType.RoomCreate;
}

const beginning = (room: Room) => room.getLiveTimeline().getEvents()[0]?.getTs() ?? Number.POSITIVE_INFINITY;

/** The time down to which all rooms are here; minus infinity where they are here completely. */
export function horizonOf(rooms: readonly Room[]): number {
  return rooms.reduce((horizon, room) => (isWhole(room) ? horizon : Math.max(horizon, beginning(room))), Number.NEGATIVE_INFINITY);
}

/** Loads a page of the rooms that keep the others back. False when all is here. */
export async function loadFurther(client: MatrixClient, rooms: readonly Room[], page: number): Promise<boolean> {
  const horizon = horizonOf(rooms);
  const behind = rooms.filter((room) => !isWhole(room) && beginning(room) >= horizon);
  if (behind.length === 0) return false;
  await Promise.all(behind.map((room) => client.scrollback(room, page)));
  return true;
}
