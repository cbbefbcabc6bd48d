// What became of an own message, in the marks that people know from other messengers.
import { EventStatus, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix";
import type { Text } from "@/lib/api/types";
import { pick } from "@/lib/i18n";

export type FateKind = "sending" | "sent" | "delivered" | "read" | "failed";

export interface Fate {
  kind: FateKind;
  reason: string;
  /** Whom to ask for another try: this device, or the server that could not pass it on. */
  retry: "device" | "server" | null;
  readBy: string[];
}

/** The newest `com.beeper.message_send_status` per message. */
export type Statuses = Map<string, MatrixEvent>;

export function collectStatus(into: Statuses, event: MatrixEvent): boolean {
  if (event.getType() !== "com.beeper.message_send_status") return false;
  const target = event.getContent()["m.relates_to"]?.event_id as string | undefined;
  if (target) into.set(target, event);
  return true;
}

/** Up to which place in the timeline each other person has read. */
export function readPositions(room: Room, people: string[], positions: Map<string, number>): [string, number][] {
  return people.flatMap((userId) => {
    const upTo = room.getEventReadUpTo(userId);
    const at = upTo ? positions.get(upTo) : undefined;
    return at === undefined ? [] : [[userId, at] as [string, number]];
  });
}

export function fateOf(event: MatrixEvent, position: number, statuses: Statuses, readers: [string, number][], people: number): Fate {
  const calm = { reason: "", retry: null, readBy: [] };
  if (event.status === EventStatus.NOT_SENT) return { ...calm, kind: "failed", reason: event.error?.name === "ConnectionError" ? "" : (event.error?.message ?? ""), retry: "device" };
  if (event.status && event.status !== EventStatus.SENT) return { ...calm, kind: "sending" };
  const readBy = readers.filter(([, upTo]) => upTo >= position).map(([userId]) => userId);
  const content = statuses.get(event.getId() ?? "")?.getContent();
  if (content) {
    const words = pick(content["org.unisono.message"] as Text | undefined) || (content.message as string | undefined) || "";
    const status = content.status as string;
    if (status === "FAIL_RETRIABLE" || status === "FAIL_PERMANENT") return { ...calm, kind: "failed", reason: words, retry: "server" };
    if (readBy.length > 0) return { ...calm, kind: "read", readBy };
    if (status === "PENDING") return { ...calm, kind: "sending", reason: words };
    if (Array.isArray(content.delivered_to_users) && content.delivered_to_users.length > 0) return { ...calm, kind: "delivered" };
    return { ...calm, kind: "sent" };
  }
  if (readBy.length > 0) return { ...calm, kind: readBy.length >= people ? "read" : "delivered", readBy };
  return { ...calm, kind: "sent" };
}
