// What was said, as far as this page knows.
import type { Message } from "./types";

export class Conversation {
  private readonly messages = new Map<string, Message>();
  /** Of one's own messages those up to this time have been read. */
  readAt = 0;

  clear(): void {
    this.messages.clear();
    this.readAt = 0;
  }

  get size(): number {
    return this.messages.size;
  }

  /** In order; what is still on its way comes last. */
  list(): Message[] {
    const way = ({ state }: Message) => (state ? 1 : 0);
    return [...this.messages.values()].sort((one, other) => way(one) - way(other) || one.at - other.at || (one.position ?? 0) - (other.position ?? 0));
  }

  /** By its id, or by its event's id, which replies name. */
  find(id: string): Message | undefined {
    return this.messages.get(id) ?? [...this.messages.values()].find(({ event }) => event === id);
  }

  newestAnswer(): Message | undefined {
    return this.list()
      .reverse()
      .find(({ mine }) => !mine);
  }

  put(message: Message): void {
    this.messages.set(message.id, message);
  }

  change(id: string, change: Partial<Message>): void {
    const known = this.messages.get(id);
    if (known) this.messages.set(id, { ...known, ...change });
  }

  delete(id: string): void {
    this.messages.delete(id);
  }

  /** A message as the server has it; true if it was not known. */
  take(message: Message): boolean {
    const known = this.messages.get(message.id);
    this.messages.set(message.id, { ...message, local: known?.local });
    // Whoever answers has read what was said before.
    if (!message.mine) this.readAt = Math.max(this.readAt, message.at);
    return !known;
  }

  /** How things stand: what is not in it is gone, unless it is still on its way. Gives what is new. */
  stand(messages: Message[]): Message[] {
    const first = messages[0]?.at ?? 0;
    const there = new Set(messages.map(({ id }) => id));
    for (const [id, message] of this.messages) {
      const underWay = message.state !== undefined || (message.mine && !message.event);
      if (!underWay && !there.has(id) && message.at >= first) this.messages.delete(id);
    }
    return messages.filter((message) => this.take(message));
  }

  markRead(id: string | null | undefined): void {
    const message = id ? this.find(id) : undefined;
    if (message) this.readAt = Math.max(this.readAt, message.at);
  }

  unread(seen: number): number {
    return [...this.messages.values()].filter(({ mine, at }) => !mine && at > seen).length;
  }
}
