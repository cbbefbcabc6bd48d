import { useCallback, useEffect, useRef } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { useUnisono } from "@/lib/matrix/context";

/** Says "typing" to the others: at most every few seconds, and takes it back. */
export function useTyping(room: Room, text: string) {
  const { client } = useUnisono();
  const last = useRef(0);
  const stop = useCallback(() => {
    if (last.current === 0) return;
    last.current = 0;
    client.sendTyping(room.roomId, false, 0).catch(() => undefined);
  }, [client, room]);
  const note = useCallback(() => {
    const now = Date.now();
    if (now - last.current < 4000) return;
    last.current = now;
    client.sendTyping(room.roomId, true, 8000).catch(() => undefined);
  }, [client, room]);
  useEffect(() => stop, [stop]);
  useEffect(() => {
    if (!text) stop();
  }, [text, stop]);
  return { note, stop };
}
