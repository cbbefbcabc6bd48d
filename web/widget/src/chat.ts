// The chat of one visitor: conversation, line and outbox together. Knows nothing of how it looks.
import { Api, Refused } from "./api";
import { Conversation } from "./conversation";
import { Keep } from "./keep";
import { Line } from "./line";
import { Outbox } from "./outbox";
import { Signals } from "./signals";
import type { Config, Customer, Form, Message, Waiting } from "./types";

/** Where no stream gets through, the server is asked this often. */
const POLL = 4_000;
/** After so many lines that said nothing. */
const DEAF = 3;
const TYPES_FOR = 12_000;

interface Stand {
  messages: Message[];
  read: string | null;
}

/** Random, and good as an id on the server. */
export function makeId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Chat {
  readonly conversation = new Conversation();
  readonly keep: Keep;
  config!: Config;
  online = true;
  typing = false;
  private readonly line = new Line((signal, heard) => this.listen(signal, heard), (error) => this.endure(error));
  private readonly outbox: Outbox;
  private readonly signals: Signals;
  private readonly listeners = new Set<(news: Message | null) => void>();
  private customer: Customer | null = null;
  private visiting: Promise<void> | null = null;
  private place: number | null = null;
  private deaf = 0;
  private typingEnds: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    site: string,
    private readonly language: () => string,
  ) {
    this.keep = new Keep(site);
    this.signals = new Signals(api);
    this.outbox = new Outbox(api, this.keep, {
      ready: () => this.visit(),
      sent: (id, as) => this.onSent(id, as),
      refused: (id, why) => {
        this.conversation.change(id, { state: "failed", why });
        this.changed();
      },
      forgotten: () => this.forgetToken(),
      offline: () => this.setOnline(false),
    });
  }

  /** Calls back after each change; with a message when it is a new answer. */
  on(listener: (news: Message | null) => void): void {
    this.listeners.add(listener);
  }

  private changed(news: Message | null = null): void {
    this.listeners.forEach((listener) => listener(news));
  }

  async start(customer: Customer | null): Promise<void> {
    this.config = await this.api.get<Config>("config");
    addEventListener("online", () => void this.outbox.flush());
    addEventListener("offline", () => this.setOnline(false));
    this.become(customer);
  }

  /** Goes on as somebody: a customer of the site, or whoever this browser remembers. */
  become(customer: Customer | null): void {
    const kept = this.keep.read();
    if ((customer?.id ?? null) !== kept.customer) {
      // A shared computer: the next one must not find what the one before said.
      if (kept.customer !== null) this.keep.forget();
      this.keep.write({ token: null, customer: customer?.id ?? null, open: kept.open });
    }
    this.customer = customer;
    this.visiting = null;
    this.place = null;
    this.api.token = this.keep.read().token;
    this.conversation.clear();
    const waiting = this.keep.waiting();
    waiting.forEach((one) => this.conversation.put(pending(one)));
    this.changed();
    this.line.again();
    if (this.api.token || waiting.length > 0 || customer) this.connect();
  }

  private connect(): void {
    void this.outbox.flush();
    void this.line.run();
  }

  get unread(): number {
    return this.conversation.unread(this.keep.read().seen);
  }

  /** Whether the form has to be filled in before the first message. */
  get asks(): boolean {
    const { form } = this.keep.read();
    if (this.customer || this.api.token || this.conversation.size > 0 || form) return false;
    return Object.values(this.config.ask).some((ask) => ask !== "no");
  }

  /** Who answered last. */
  get lastName(): string {
    return this.conversation.newestAnswer()?.name ?? this.config.name;
  }

  // Being connected

  /** Begins or renews the visit, once for each page. */
  private visit(): Promise<void> {
    this.visiting ??= this.introduceOurselves().catch((error: unknown) => {
      this.visiting = null;
      throw error;
    });
    return this.visiting;
  }

  private async introduceOurselves(): Promise<void> {
    const kept = this.keep.read();
    const { id, hash, ...about } = this.customer ?? { id: "", hash: "" };
    const user = id ? { id, hash } : undefined;
    const answer = await this.api.post<{ token: string }>("visit", { ...kept.form, ...about, user, token: kept.token ?? undefined, language: this.language() });
    this.api.token = answer.token;
    this.keep.write({ token: answer.token });
    this.setOnline(true);
  }

  private async listen(signal: AbortSignal, heard: () => void): Promise<void> {
    await this.visit();
    if (this.deaf >= DEAF) {
      this.hear("sync", await this.api.get<Stand>(this.place === null ? "messages" : `messages?after=${this.place}`));
      // As if asked for patience: the line waits and comes again.
      throw new Refused(429, "poll", null, POLL);
    }
    let silent = true;
    await this.api.listen(this.place, signal, (event, data, id) => {
      silent = false;
      heard();
      if (id !== null) this.place = Math.max(this.place ?? id, id);
      this.hear(event, data);
    });
    this.deaf = silent && !signal.aborted ? this.deaf + 1 : 0;
  }

  /** Whether to try again. */
  private endure(error: Refused): boolean {
    if (error.status === 401) this.forgetToken();
    else if (error.code !== "poll") this.setOnline(error.status !== 0);
    return error.passing || error.status === 401;
  }

  /** The token holds no longer: this browser is a new visitor. */
  private forgetToken(): void {
    this.api.token = null;
    this.visiting = null;
    this.place = null;
    this.keep.write({ token: null });
    for (const { id, state } of this.conversation.list()) if (!state) this.conversation.delete(id);
    this.changed();
  }

  private setOnline(online: boolean): void {
    if (this.online === online) return;
    this.online = online;
    this.changed();
  }

  /** The form before the chat; throws what the server does not like of it. */
  async introduce(form: Form): Promise<void> {
    this.keep.write({ form });
    this.visiting = null;
    try {
      await this.visit();
    } catch (error) {
      // Without a line the form waits with the first message.
      if (!(error instanceof Refused) || !error.passing) {
        this.keep.write({ form: undefined });
        throw error;
      }
      this.setOnline(false);
    }
    this.changed();
    this.connect();
  }

  // Hearing

  private hear(event: string, data: unknown): void {
    this.setOnline(true);
    const about = data as Message & Stand & { up_to?: string; typing?: boolean };
    let news: Message | null = null;
    if (event === "sync") {
      const { seen } = this.keep.read();
      const fresh = this.conversation.stand(about.messages).filter(({ mine }) => !mine);
      fresh.forEach(({ id }) => this.signals.arrived(id));
      this.conversation.markRead(about.read);
      news = fresh.filter(({ at }) => at > seen).pop() ?? null;
    } else if (event === "message") {
      const fresh = this.conversation.take(about);
      if (about.mine) void this.keep.done(about.id);
      else {
        this.typing = false;
        if (fresh) this.signals.arrived(about.id);
        if (fresh) news = about;
      }
    } else if (event === "edited") this.conversation.change(about.id, { text: about.text, rich: undefined });
    else if (event === "deleted") this.conversation.delete(about.id);
    else if (event === "read") this.conversation.markRead(about.up_to);
    else if (event === "typing") {
      this.typing = about.typing === true;
      clearTimeout(this.typingEnds);
      this.typingEnds = setTimeout(() => {
        this.typing = false;
        this.changed();
      }, TYPES_FOR);
    }
    this.changed(news);
  }

  /** The visitor has the newest answer before their eyes. */
  seen(): void {
    const newest = this.conversation.newestAnswer();
    if (!newest) return;
    if (newest.at > this.keep.read().seen) {
      this.keep.write({ seen: newest.at });
      this.changed();
    }
    this.signals.seen(newest.id);
  }

  types(typing: boolean): void {
    if (this.online) this.signals.types(typing);
  }

  // Saying

  async say(what: Pick<Waiting, "text" | "reply_to" | "choice">, file?: File): Promise<void> {
    const about = file ? { name: file.name || "file", type: file.type, size: file.size } : undefined;
    const waiting: Waiting = { id: makeId(), at: Date.now(), ...what, file: about };
    const picture = file && /^image\/(png|jpeg|gif|webp)$/.test(file.type);
    this.conversation.put({ ...pending(waiting), local: picture ? URL.createObjectURL(file) : undefined });
    this.changed();
    this.types(false);
    await this.keep.put(waiting, file);
    this.connect();
  }

  private onSent(id: string, as: Partial<Message>): void {
    const known = this.conversation.find(id);
    const { local, file } = known ?? {};
    this.conversation.change(id, { ...as, state: undefined, local, file: as.file ?? file });
    this.setOnline(true);
    this.changed();
  }

  async again(id: string): Promise<void> {
    if (!(await this.outbox.again(id))) return;
    this.conversation.change(id, { state: "waiting", why: undefined });
    this.changed();
    this.connect();
  }

  async remove(id: string): Promise<void> {
    const message = this.conversation.find(id);
    if (message && !message.state) await this.api.post("delete", { id });
    await this.outbox.drop(id);
    this.conversation.delete(id);
    this.changed();
  }

  async change(id: string, text: string): Promise<void> {
    await this.api.post("edit", { id, edit: makeId(), text });
    this.conversation.change(id, { text, rich: undefined });
    this.changed();
  }
}

function pending({ id, at, text, reply_to, file }: Waiting): Message {
  const sent = file && { name: file.name, kind: file.type.split("/")[0] ?? "file", mime: file.type, size: file.size, url: "" };
  return { id, at, text, reply_to, mine: true, state: "waiting", file: sent };
}
