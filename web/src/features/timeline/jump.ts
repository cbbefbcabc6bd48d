// Asks a conversation to show a certain message, also before it is open.
let wanted: { room: string; event: string } | null = null;

export function requestJump(room: string, event: string) {
  wanted = { room, event };
  window.dispatchEvent(new CustomEvent("unisono:jump"));
}

export function takeJump(room: string): string | null {
  if (wanted?.room !== room) return null;
  const { event } = wanted;
  wanted = null;
  return event;
}
