// Where the visitor writes: text, files by button, paste and drop, an answer to one message, a change.
import type { Chat } from "./chat";
import { el, icon, set } from "./dom";
import { preview } from "./message";
import type { Message } from "./types";
import { t } from "./words";

const LONGEST = 8_000;

export class Composer {
  readonly text = el("textarea", { rows: "1", maxlength: String(LONGEST), enterkeyhint: "send" });
  private readonly files = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1" });
  private readonly attach = el("button", { class: "round", type: "button" }, icon("clip"));
  private readonly go = el("button", { class: "round go", type: "submit" }, icon("send"));
  private readonly about = el("div", { class: "about", hidden: true });
  private readonly problem = el("p", { class: "problem", role: "alert", hidden: true });
  private readonly form = el("form", { class: "write", novalidate: true }, this.files, this.attach, this.text, this.go);
  readonly element = el("div", {}, this.problem, this.about, this.form);
  private replying: Message | null = null;
  private editing: Message | null = null;
  private told: ReturnType<typeof setTimeout> | undefined;
  private stopped: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly chat: Chat,
    private readonly said: () => void,
  ) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.attach.addEventListener("click", () => this.files.click());
    this.files.addEventListener("change", () => {
      this.take(this.files.files);
      this.files.value = "";
    });
    this.text.addEventListener("input", () => this.onInput());
    this.text.addEventListener("keydown", (event) => {
      // Not while a word is being put together (Japanese, Chinese ...).
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      } else if (event.key === "Escape" && (this.replying || this.editing)) {
        event.stopPropagation();
        this.quit();
      }
    });
    this.text.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.take(event.clipboardData.files);
    });
  }

  draw(): void {
    set(this.text, { placeholder: t("write"), "aria-label": t("write") });
    set(this.attach, { "aria-label": t("attach"), title: t("attach") });
    set(this.go, { "aria-label": t("send"), title: t("send"), "aria-disabled": String(this.text.value.trim() === "") });
    set(this.files, { accept: this.chat.config.accept, "aria-label": t("attach") });
    const about = this.editing ? t("editing") : this.replying ? `${t("replyTo", { name: this.replying.mine ? t("you") : this.replying.name || this.chat.config.name })}: ${preview(this.replying)}` : "";
    this.about.hidden = about === "";
    this.about.replaceChildren(el("span", {}, about), el("button", { class: "round", type: "button", "aria-label": t("cancel"), onclick: () => this.quit() }, icon("close")));
  }

  reply(message: Message): void {
    this.editing = null;
    this.replying = message;
    this.draw();
    this.text.focus();
  }

  edit(message: Message): void {
    this.replying = null;
    this.editing = message;
    this.text.value = message.text;
    this.onInput();
    this.draw();
    this.text.focus();
  }

  private quit(): void {
    if (this.editing) this.text.value = "";
    this.editing = this.replying = null;
    this.onInput();
    this.draw();
    this.text.focus();
  }

  private onInput(): void {
    this.tell("");
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 140)}px`;
    const empty = this.text.value.trim() === "";
    set(this.go, { "aria-disabled": String(empty) });
    clearTimeout(this.stopped);
    this.chat.types(!empty && !this.editing);
    if (!empty) this.stopped = setTimeout(() => this.chat.types(false), 6_000);
  }

  private tell(problem: string): void {
    clearTimeout(this.told);
    if (problem) this.told = setTimeout(() => this.tell(""), 8_000);
    this.problem.textContent = problem;
    this.problem.hidden = problem === "";
  }

  private send(): void {
    const text = this.text.value.trim();
    if (text === "") return;
    clearTimeout(this.stopped);
    const { editing, replying } = this;
    this.text.value = "";
    this.editing = this.replying = null;
    this.onInput();
    this.draw();
    if (editing) {
      this.chat.change(editing.id, text).catch(() => {
        this.edit({ ...editing, text });
        this.tell(t("rejected"));
      });
      return;
    }
    void this.chat.say({ text, reply_to: replying ? (replying.event ?? replying.id) : undefined });
    this.said();
  }

  /** Each file is a message; what cannot be sent is said at once. */
  take(list: FileList | null): void {
    const { max_file, accept } = this.chat.config;
    const endings = accept.split(",");
    for (const file of Array.from(list ?? [])) {
      const name = file.name.toLowerCase();
      if (file.size > max_file) this.tell(t("tooLarge", { n: Math.floor(max_file / 1_048_576) }));
      else if (!endings.some((ending) => name.endsWith(ending))) this.tell(t("fileType"));
      else {
        void this.chat.say({ text: "" }, file);
        this.said();
      }
    }
    this.text.focus();
  }
}
