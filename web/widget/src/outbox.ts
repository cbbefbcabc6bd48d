// Sends what waits, one after the other, through reloads and dead lines. A message keeps its id
// however often it is tried, and the server takes each id once.
import { type Api, Refused } from "./api";
import type { Keep } from "./keep";
import { patience } from "./line";
import type { Message, Waiting } from "./types";

export interface OutboxEvents {
  /** Before anything is sent: the token. */
  ready: () => Promise<void>;
  sent: (id: string, as: Partial<Message>) => void;
  /** It never will be, for this reason. */
  refused: (id: string, why: string) => void;
  /** The token holds no longer. */
  forgotten: () => void;
  /** Nobody answers. */
  offline: () => void;
}

export class Outbox {
  private busy = false;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly failed = new Map<string, { waiting: Waiting; file?: Blob }>();

  constructor(
    private readonly api: Api,
    private readonly keep: Keep,
    private readonly on: OutboxEvents,
  ) {}

  async flush(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      for (let next = this.keep.waiting()[0]; next; next = this.keep.waiting()[0]) await this.one(next);
      this.tries = 0;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 0) this.on.offline();
      this.timer = setTimeout(() => void this.flush(), error.after ?? patience(this.tries++));
    } finally {
      this.busy = false;
    }
  }

  private async one(next: Waiting): Promise<void> {
    try {
      await this.on.ready();
      const as = await this.send(next);
      await this.keep.done(next.id);
      this.on.sent(next.id, as);
    } catch (error) {
      if (!(error instanceof Refused) || error.passing) throw error;
      if (error.status === 401) return this.on.forgotten();
      this.failed.set(next.id, { waiting: next, file: await this.keep.file(next.id) });
      await this.keep.done(next.id);
      this.on.refused(next.id, error.code);
    }
  }

  private async send({ id, text, reply_to, choice, file }: Waiting): Promise<Partial<Message>> {
    if (!file) {
      const page = location.origin + location.pathname;
      return this.api.post("messages", { id, text, reply_to: reply_to ?? undefined, choice, page });
    }
    const blob = await this.keep.file(id);
    if (!blob) throw new Refused(410, "rejected", null, null);
    return this.api.upload(id, file.name, blob);
  }

  /** Puts a refused message back; false if there is none. */
  async again(id: string): Promise<boolean> {
    const failed = this.failed.get(id);
    if (!failed) return false;
    this.failed.delete(id);
    await this.keep.put(failed.waiting, failed.file);
    return true;
  }

  async drop(id: string): Promise<void> {
    this.failed.delete(id);
    await this.keep.done(id);
  }
}
