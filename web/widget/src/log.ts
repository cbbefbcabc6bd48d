// The list of messages. Rows are kept and only those that changed are built anew, so that focus and
// scrolling stay where they are.
import type { Chat } from "./chat";
import { el, icon, set } from "./dom";
import { body, isPicture, preview } from "./message";
import type { Message } from "./types";
import { clock, day, spoken, t } from "./words";

export interface LogEvents {
  reply: (message: Message) => void;
  edit: (message: Message) => void;
}

export class Log {
  private readonly rows = el("ul", { class: "rows" });
  readonly element = el("div", { class: "log", role: "group", tabindex: "0" }, this.rows);
  private readonly built = new Map<string, { key: string; row: HTMLElement }>();
  private opened: string | null = null;

  constructor(
    private readonly chat: Chat,
    private readonly base: string,
    private readonly on: LogEvents,
  ) {
    this.element.addEventListener("keydown", (event) => this.walk(event));
  }

  get atEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  draw(): void {
    set(this.element, { "aria-label": t("messages") });
    const stay = this.atEnd;
    const messages = this.chat.conversation.list();
    const { readAt } = this.chat.conversation;
    const mine = messages.filter((message) => message.mine && !message.state);
    const lastSent = mine[mine.length - 1]?.id;
    const lastRead = mine.filter(({ at }) => at <= readAt).pop()?.id;
    const rows: HTMLElement[] = [this.keyed("greeting", spoken() + this.greeting(), () => this.greetingRow())];
    let before: Message | null = null;
    for (const message of messages) {
      const newDay = !before || day(before.at) !== day(message.at);
      if (newDay) rows.push(this.keyed(`day ${day(message.at)}`, spoken(), () => el("li", { class: "day" }, day(message.at))));
      const first = newDay || before?.mine !== message.mine || before?.name !== message.name;
      const fate = message.id === lastRead ? "read" : message.id === lastSent && message.at > readAt ? "sent" : "";
      const open = this.opened === message.id;
      // The ticket at the end of a file's address changes with the hours and is no change to see.
      const { file, ...rest } = message;
      const answered = message.card && messages.some(({ mine, reply_to, at }) => mine && at >= message.at && reply_to === message.event);
      const key = JSON.stringify([rest, file && { ...file, url: file.url !== "" }, first, fate, open, spoken(), answered, message.reply_to && preview(this.chat.conversation.find(message.reply_to))]);
      rows.push(this.keyed(message.id, key, () => this.row(message, first, fate, open, answered === true)));
      before = message;
    }
    this.arrange(rows);
    if (stay) this.toEnd();
  }

  private keyed(id: string, key: string, build: () => HTMLElement): HTMLElement {
    const known = this.built.get(id);
    if (known?.key === key) return known.row;
    const row = build();
    row.dataset.key = id;
    if (known?.row.isConnected) {
      const focused = known.row.contains((known.row.getRootNode() as ShadowRoot).activeElement);
      known.row.replaceWith(row);
      if (focused) (row.querySelector<HTMLElement>("button, a") ?? row).focus();
    }
    this.built.set(id, { key, row });
    return row;
  }

  private arrange(rows: HTMLElement[]): void {
    const wanted = new Set<Element>(rows);
    for (const child of [...this.rows.children]) if (!wanted.has(child)) child.remove();
    rows.forEach((row, at) => {
      if (this.rows.children[at] !== row) this.rows.insertBefore(row, this.rows.children[at] ?? null);
    });
    for (const [id, { row }] of this.built) if (!row.isConnected && !wanted.has(row)) this.built.delete(id);
  }

  private greeting(): string {
    return this.chat.config.greeting[spoken()] || t("greeting");
  }

  private greetingRow(): HTMLElement {
    return el("li", { class: "row first" }, el("span", { class: "who" }, this.chat.config.name), el("div", { class: "said" }, this.greeting()));
  }

  private row(message: Message, first: boolean, fate: string, open: boolean, answered: boolean): HTMLElement {
    const { mine, state, name } = message;
    const who = mine ? t("you") : name || this.chat.config.name;
    const answers = message.reply_to ? this.chat.conversation.find(message.reply_to) : undefined;
    const quote = answers && !message.file ? el("span", { class: "quote" }, preview(answers)) : null;
    const said = el("div", { class: isPicture(message) ? "said pictured" : "said", onclick: (event: MouseEvent) => this.onTap(event, message) }, quote, ...body(message, this.base));
    const dots = state ? null : el("button", { class: "dots round", type: "button", tabindex: "-1", "aria-label": t("actions"), "aria-expanded": String(open), onclick: () => this.toggle(message.id) }, icon("more"));
    const row = el("li", { class: `row${mine ? " mine" : ""}${first ? " first" : ""}`, tabindex: "-1" });
    row.append(el("span", { class: first && !mine ? "who" : "quiet" }, first && !mine ? who : `${who}, ${clock(message.at)}: `));
    row.append(el("div", { class: "held" }, said, dots));
    if (message.card) row.append(this.choices(message, answered));
    if (open) row.append(this.actions(message));
    const below = this.below(message, fate);
    if (below) row.append(below);
    return row;
  }

  private below(message: Message, fate: string): HTMLElement | null {
    const { state, id, at } = message;
    if (state === "failed") {
      const why = ({ too_large: "tooLarge", file_type: "fileType" } as const)[message.why ?? ""];
      const text = why ? t(why, { n: Math.floor(this.chat.config.max_file / 1_048_576) }) : `${t("failed")}. ${t("rejected")}`;
      const again = why ? null : el("button", { type: "button", onclick: () => void this.chat.again(id) }, t("retry"));
      return el("div", { class: "below" }, el("span", { class: "bad" }, icon("alert") as unknown as HTMLElement, text), again, el("button", { type: "button", onclick: () => void this.chat.remove(id) }, t("remove")));
    }
    if (state) return el("div", { class: "below" }, icon("clock"), t("waiting"));
    if (fate === "read") return el("div", { class: "below" }, el("span", { class: "read" }, icon("two")), `${t("read")} · ${clock(at)}`);
    if (fate === "sent") return el("div", { class: "below" }, icon("one"), `${t("sent")} · ${clock(at)}`);
    return null;
  }

  private choices(message: Message, answered: boolean): HTMLElement {
    const group = el("div", { class: "choices", role: "group", "aria-label": t("choose") });
    for (const { id, label, url, description } of message.card ?? []) {
      const words = [label, description ? el("small", {}, description) : null];
      if (url) group.append(el("a", { class: "choice", href: url, target: "_blank", rel: "noopener noreferrer" }, ...words));
      else group.append(el("button", { class: "choice", type: "button", disabled: answered, onclick: () => void this.chat.say({ text: label, reply_to: message.event ?? message.id, choice: { id, label } }) }, ...words));
    }
    return group;
  }

  private actions(message: Message): HTMLElement {
    const act = (word: "reply" | "edit" | "remove", work: () => void) =>
      el("button", { type: "button", onclick: () => (this.toggle(null), work()) }, t(word));
    const group = el("div", { class: "acts", role: "group", "aria-label": t("actions") }, act("reply", () => this.on.reply(message)));
    if (message.mine && !message.file) group.append(act("edit", () => this.on.edit(message)));
    if (message.mine) group.append(act("remove", () => void this.chat.remove(message.id).catch(() => undefined)));
    return group;
  }

  /** Where nothing hovers, a tap on the words shows what can be done. */
  private onTap(event: MouseEvent, message: Message): void {
    const led = (event.target as Element).closest("a, button, video, audio");
    if (!led && !message.state && matchMedia("(hover: none)").matches) this.toggle(message.id);
  }

  private toggle(id: string | null): void {
    this.opened = this.opened === id ? null : id;
    this.draw();
    if (this.opened) this.built.get(this.opened)?.row.querySelector<HTMLElement>(".acts button")?.focus();
  }

  /** Up and down through the messages; Enter opens what can be done with one. */
  private walk(event: KeyboardEvent): void {
    const rows = [...this.rows.querySelectorAll<HTMLElement>(".row")];
    const target = event.target as HTMLElement;
    const at = rows.findIndex((row) => row.contains(target));
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const next = at < 0 ? rows[rows.length - 1] : rows[at + (event.key === "ArrowUp" ? -1 : 1)];
      if (!next) return;
      event.preventDefault();
      next.focus();
    } else if (event.key === "Enter" && at >= 0 && rows[at] === target) {
      event.preventDefault();
      rows[at]?.querySelector<HTMLElement>(".dots")?.click();
    }
  }
}
