// The reply window of networks that allow free text only for a while after the other side's last message.
import { useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { isMessage } from "@/features/chats/preview";
import { isWhole } from "@/features/timeline/reach";
import { bridgeOf, capabilitiesOf } from "@/lib/matrix/chat";

export type ReplyWindow = { state: "none" } | { state: "open"; left: number } | { state: "closed"; ever: boolean };

const none: ReplyWindow = { state: "none" };

export function replyWindow(room: Room, me: string, now: number): ReplyWindow {
  const length = capabilitiesOf(room)?.reply_window;
  if (!length) return none;
  const bot = bridgeOf(room)?.bot;
  const events = room.getLiveTimeline().getEvents();
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const event = events[index]!;
    const sender = event.getSender();
    if (!isMessage(event) || sender === me || sender === bot) continue;
    const left = event.getTs() + length - now;
    return left > 0 ? { state: "open", left } : { state: "closed", ever: true };
  }
  // What was said last by the other side may be further back than what is here.
  return isWhole(room) ? { state: "closed", ever: false } : none;
}

/** The same, looked at again each minute. */
export function useReplyWindow(room: Room, me: string): ReplyWindow {
  const [now, setNow] = useState(() => Date.now());
  const length = capabilitiesOf(room)?.reply_window;
  useEffect(() => {
    if (!length) return;
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, [length]);
  return replyWindow(room, me, Math.max(now, Date.now() - 30_000));
}
