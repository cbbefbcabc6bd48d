// Reactions, gathered per message and sign.
import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";

export interface Reaction {
  key: string;
  senders: string[];
  /** The event to take back, if this person reacted so. */
  own: MatrixEvent | null;
}

export type Reactions = Map<string, Map<string, Reaction>>;

export function collectReaction(into: Reactions, event: MatrixEvent, me: string): boolean {
  if (event.getType() !== "m.reaction") return false;
  const relation = event.getContent()["m.relates_to"];
  const target = relation?.event_id as string | undefined;
  const key = relation?.key as string | undefined;
  if (event.isRedacted() || !target || !key) return true;
  const perKey = into.get(target) ?? new Map<string, Reaction>();
  into.set(target, perKey);
  const reaction = perKey.get(key) ?? { key, senders: [], own: null };
  perKey.set(key, reaction);
  const sender = event.getSender()!;
  if (!reaction.senders.includes(sender)) reaction.senders.push(sender);
  if (sender === me) reaction.own = event;
  return true;
}
