// Where a conversation stands: stays at the newest, keeps its place when older messages come in
// above, and comes back to the exact place after looking at another chat.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

interface Place {
  id: string;
  top: number;
}

// The scroller runs from the bottom up (column-reverse): 0 is the newest message.
const nearBottom = 60;
const key = (roomId: string) => `unisono.place.${roomId}`;

/** Where this chat was left, if not at the newest message. Survives reload. */
export function placeOf(roomId: string): Place | null {
  try {
    return JSON.parse(sessionStorage.getItem(key(roomId)) ?? "null") as Place | null;
  } catch {
    return null;
  }
}

function keepPlace(roomId: string, place: Place | null) {
  if (place) sessionStorage.setItem(key(roomId), JSON.stringify(place));
  else sessionStorage.removeItem(key(roomId));
}

export function useScroll(roomId: string, scroller: RefObject<HTMLDivElement | null>, revision: unknown) {
  const [atBottom, setAtBottom] = useState(true);
  // Taken before the first scrolling of the fresh view writes over it.
  const [left] = useState(() => placeOf(roomId));
  const place = useRef<Place | null>(null);
  const bottom = useRef(true);

  const note = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    bottom.current = box.scrollTop > -nearBottom;
    setAtBottom(bottom.current);
    place.current = bottom.current ? null : firstInSight(box);
    keepPlace(roomId, place.current);
  }, [roomId, scroller]);

  // After each change the row that was first in sight goes back to where it was.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    if (bottom.current) box.scrollTop = 0;
    else restore(box, place.current);
  }, [revision, scroller]);

  const toBottom = useCallback(() => {
    bottom.current = true;
    scroller.current?.scrollTo({ top: 0, behavior: "instant" });
  }, [scroller]);

  const toElement = useCallback(
    (element: Element, block: ScrollLogicalPosition) => {
      element.scrollIntoView({ block });
      note();
    },
    [note],
  );

  /** The place from the last visit, if there was one. */
  const comeBack = useCallback((): boolean => {
    const box = scroller.current;
    if (!left || !box || !restore(box, left)) return false;
    bottom.current = false;
    note();
    return true;
  }, [left, scroller, note]);

  useEffect(() => {
    // A growing composer or a turned phone changes the height: what was at the bottom stays there.
    const box = scroller.current;
    if (!box) return;
    const watch = new ResizeObserver(() => {
      if (bottom.current) box.scrollTop = 0;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, [scroller]);

  return { atBottom, note, toBottom, toElement, comeBack, left };
}

function firstInSight(box: HTMLElement): Place | null {
  const top = box.getBoundingClientRect().top;
  for (const row of box.querySelectorAll<HTMLElement>("[data-id]")) {
    const rect = row.getBoundingClientRect();
    if (rect.bottom > top + 8) return { id: row.dataset.id!, top: rect.top - top };
  }
  return null;
}

function restore(box: HTMLElement, place: Place | null): boolean {
  if (!place) return false;
  const row = box.querySelector<HTMLElement>(`[data-id="${CSS.escape(place.id)}"]`);
  if (!row) return false;
  const now = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (Math.abs(now - place.top) > 1) box.scrollTop += now - place.top;
  return true;
}
