// The bubble and the panel that it opens, in a shadow root of their own.
import type { Chat } from "./chat";
import { palette } from "./colours";
import { Composer } from "./composer";
import { el, icon, set } from "./dom";
import { formView } from "./form";
import { Log } from "./log";
import { preview } from "./message";
import css from "./style.css?inline";
import type { Message } from "./types";
import { spoken, t } from "./words";

export interface Look {
  colour?: string;
  theme?: string;
  side?: string;
}

export class Panel {
  private readonly host = el("div", { "data-unisono-chat": true });
  private readonly root = this.host.attachShadow({ mode: "open" });
  private readonly badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
  private readonly bubble = el("button", { class: "bubble", type: "button", "aria-haspopup": "dialog" }, icon("chat"), this.badge);
  private readonly title = el("h2", { id: "title" });
  private readonly close = el("button", { class: "round", type: "button", onclick: () => this.hide() }, icon("down"));
  private readonly state = el("div", { class: "state", role: "status", hidden: true });
  private readonly typing = el("div", { class: "typing" });
  /** Read out, not seen. */
  private readonly news = el("div", { class: "quiet", "aria-live": "polite" });
  private readonly drop = el("div", { class: "dropping", hidden: true });
  private readonly main = el("div", { class: "talk" });
  private readonly panel = el("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true });
  private readonly log: Log;
  private readonly composer: Composer;
  private form: HTMLElement | null = null;
  private formLanguage = "";
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly small = matchMedia("(max-width: 480px), (max-height: 460px)");

  constructor(
    private readonly chat: Chat,
    base: string,
    private readonly look: Look,
    private readonly onUnread: (count: number) => void,
  ) {
    this.log = new Log(chat, base, { reply: (message) => this.composer.reply(message), edit: (message) => this.composer.edit(message) });
    this.composer = new Composer(chat, () => requestAnimationFrame(() => this.log.toEnd()));
    this.main.append(this.log.element, this.typing, this.composer.element);
    this.panel.append(el("header", {}, this.title, this.close), this.state, this.main, this.drop);
    this.root.append(this.panel, this.bubble, this.news);
    this.dress();
    this.bubble.addEventListener("click", () => (this.isOpen ? this.hide() : this.show()));
    this.panel.addEventListener("keydown", (event) => this.onKey(event));
    this.log.element.addEventListener("scroll", () => this.onLook());
    document.addEventListener("visibilitychange", () => this.onLook());
    this.dark.addEventListener("change", () => this.dress());
    this.catchFiles();
    chat.on((message) => this.draw(message));
    document.body.append(this.host);
    this.draw(null);
    if (chat.keep.read().open && !this.small.matches) this.show(false);
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  /** Colours by constructed style sheets: a page's policy against inline styles does not touch them. */
  private dress(): void {
    const { config } = this.chat;
    const theme = this.look.theme ?? config.theme;
    const dark = theme === "dark" || (theme !== "light" && this.dark.matches);
    const colour = /^#[0-9a-f]{6}$/i.test(this.look.colour ?? "") ? this.look.colour! : config.colour;
    set(this.host, { "data-side": this.look.side ?? config.side, "data-dark": dark });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`${css}\n:host{${palette(colour, dark ? "dark" : "light")}}`);
    this.root.adoptedStyleSheets = [sheet];
  }

  redress(look: Look): void {
    Object.assign(this.look, look);
    this.dress();
    this.draw(null);
  }

  show(focus = true): void {
    if (this.isOpen) return;
    this.panel.hidden = false;
    set(this.host, { "data-open": true });
    this.chat.keep.write({ open: true });
    this.draw(null);
    this.log.toEnd();
    if (focus) this.focus();
    this.onLook();
  }

  hide(): void {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    set(this.host, { "data-open": false });
    this.chat.keep.write({ open: false });
    this.draw(null);
    this.bubble.focus();
  }

  private focus(): void {
    (this.form?.querySelector<HTMLElement>("input") ?? this.composer.text).focus();
  }

  private draw(news: Message | null): void {
    const { chat } = this;
    const { unread } = chat;
    set(this.host, { lang: spoken() });
    set(this.bubble, { "aria-label": this.isOpen ? t("close") : unread > 0 ? t("openUnread", { n: unread }) : t("open"), "aria-expanded": String(this.isOpen) });
    this.bubble.firstElementChild?.replaceWith(icon(this.isOpen ? "down" : "chat"));
    this.badge.hidden = this.isOpen || unread === 0;
    this.badge.textContent = unread > 99 ? "99+" : String(unread);
    this.title.textContent = chat.config.name;
    set(this.close, { "aria-label": t("close"), title: t("close") });
    set(this.panel, { "aria-modal": this.small.matches ? "true" : null });
    this.state.textContent = chat.online ? "" : t("offline");
    this.state.hidden = chat.online;
    this.drop.textContent = t("drop");
    this.drawForm();
    if (this.isOpen && !this.form) this.log.draw();
    this.composer.draw();
    const typing = chat.typing ? t("typing", { name: chat.lastName }) : "";
    if ((this.typing.textContent ?? "") !== typing) this.typing.replaceChildren(...(typing ? [el("i", {}, el("b")), typing] : []));
    if (news) this.news.textContent = `${news.name || chat.config.name}: ${preview(news)}`;
    this.onUnread(unread);
    this.onLook();
  }

  private drawForm(): void {
    const asks = this.chat.asks;
    if (asks && this.form && this.formLanguage === spoken()) return;
    this.form?.remove();
    this.form = null;
    this.main.hidden = asks;
    if (!asks) return;
    this.formLanguage = spoken();
    this.form = formView(this.chat, () => {
      this.draw(null);
      this.focus();
    });
    this.main.before(this.form);
  }

  /** The newest answer counts as seen when it is before the visitor's eyes. */
  private onLook(): void {
    if (this.isOpen && !this.form && !document.hidden && this.log.atEnd) this.chat.seen();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return this.hide();
    }
    if (event.key !== "Tab") return;
    // The panel keeps the focus; Escape leads out.
    const all = [...this.panel.querySelectorAll<HTMLElement>("button, input, textarea, a[href], video, audio, [tabindex]")];
    const reachable = all.filter((one) => one.tabIndex >= 0 && !one.hasAttribute("disabled") && one.offsetParent !== null);
    const [first, last] = [reachable[0], reachable[reachable.length - 1]];
    const here = this.root.activeElement;
    if (event.shiftKey ? here === first : here === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  }

  private catchFiles(): void {
    const carries = (event: DragEvent) => !this.form && (event.dataTransfer?.types.includes("Files") ?? false);
    this.panel.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.drop.hidden = false;
    });
    this.panel.addEventListener("dragleave", (event) => {
      if (!this.panel.contains(event.relatedTarget as globalThis.Node | null)) this.drop.hidden = true;
    });
    this.panel.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.drop.hidden = true;
      this.composer.take(event.dataTransfer?.files ?? null);
    });
  }
}
