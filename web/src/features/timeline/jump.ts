// Asks a conversation to show a certain message, also before it is open.
let wanted: { room: string; event: string } | null = null;

export function requestJump(room: string, event: string) {
  wanted = { room, event };
  window.dispatchEvent(new CustomEvent("unisono:jump"));
}

/** What a conversation of these rooms was asked to show. */
export function takeJump(rooms: readonly { roomId: string }[]): string | null {
  if (!wanted || !rooms.some(({ roomId }) => roomId === wanted?.room)) return null;
  const { event } = wanted;
  wanted = null;
  return event;
}
