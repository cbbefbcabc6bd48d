// What was typed and not sent, per chat. Survives reload.

export interface Draft {
  text: string;
  replyTo?: string;
  editing?: string;
}

const key = (roomId: string) => `unisono.draft.${roomId}`;
const listeners = new Set<(roomId: string) => void>();

export function readDraft(roomId: string): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(key(roomId)) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

export function writeDraft(roomId: string, draft: Draft | null) {
  const empty = !draft || (!draft.text.trim() && !draft.replyTo && !draft.editing);
  if (empty) localStorage.removeItem(key(roomId));
  else localStorage.setItem(key(roomId), JSON.stringify(draft));
  listeners.forEach((listener) => listener(roomId));
}

export function onDraft(listener: (roomId: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
