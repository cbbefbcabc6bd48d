// What a page tells by the way: what arrived, what was seen, that somebody types. Lost ones do no harm.
import type { Api } from "./api";

/** Typing is told again so often while it goes on, in milliseconds. */
const TELL_TYPING = 4_000;
/** Arrivals are told together. */
const GATHER = 150;
const AT_ONCE = 50;

export class Signals {
  private got: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readUpTo = "";
  private toldTyping = 0;

  constructor(private readonly api: Api) {}

  arrived(id: string): void {
    this.got.push(id);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (let ids = this.got.splice(0, AT_ONCE); ids.length > 0; ids = this.got.splice(0, AT_ONCE)) this.tell("got", { ids });
    }, GATHER);
  }

  seen(id: string): void {
    if (this.readUpTo === id || !this.api.token) return;
    this.readUpTo = id;
    this.tell("read", { up_to: id }, () => (this.readUpTo = ""));
  }

  types(typing: boolean): void {
    const now = Date.now();
    if (!this.api.token || (typing ? now - this.toldTyping < TELL_TYPING : this.toldTyping === 0)) return;
    this.toldTyping = typing ? now : 0;
    this.tell("typing", { typing });
  }

  private tell(path: string, body: unknown, failed: () => void = () => undefined): void {
    this.api.post(path, body).catch(failed);
  }
}
