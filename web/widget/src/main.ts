// The line `<script src=".../_unisono/chat.js" data-site="..." async></script>` and what a page can
// ask of it: `window.unisono`. Nothing else of ours is in the page but one element.
import { Api, Refused } from "./api";
import { Chat } from "./chat";
import { type Look, Panel } from "./panel";
import type { Customer } from "./types";
import { speak, spoken } from "./words";

/** What a page may set as `window.unisono` before the script is there. */
interface Wishes extends Look {
  site?: string;
  language?: string;
  user?: Customer;
  onUnread?: (count: number) => void;
}

interface Remote {
  open: () => void;
  close: () => void;
  toggle: () => void;
  /** A customer of the site; `hash` is made by its server. */
  identify: (user: Customer) => void;
  logout: () => void;
  language: (tag: string) => void;
  look: (look: Look) => void;
}

declare global {
  interface Window {
    unisono?: Wishes | Remote;
  }
}

const script = document.currentScript as HTMLScriptElement | null;

function wishes(): Wishes {
  const { dataset } = script ?? { dataset: {} as DOMStringMap };
  const before = (window.unisono ?? {}) as Wishes;
  const { user, hash, name, email, phone, ...rest } = dataset;
  const customer = user && hash ? { id: user, hash, name, email, phone } : undefined;
  return { ...rest, user: customer, ...before };
}

function later(work: () => void): void {
  if (document.body) work();
  else addEventListener("DOMContentLoaded", work);
}

async function begin(): Promise<void> {
  const wanted = wishes();
  if (!script || !wanted.site || document.querySelector("[data-unisono-chat]") || "open" in (window.unisono ?? {})) return;
  const base = new URL(`hooks/${encodeURIComponent(wanted.site)}/`, script.src).href;
  const chat = new Chat(new Api(base), wanted.site, spoken);
  let panel: Panel | null = null;
  let customer = wanted.user ?? null;
  let open = false;
  speak(wanted.language ?? (document.documentElement.lang || navigator.language));
  const become = (user: Customer | null) => {
    customer = user;
    if (panel) chat.become(user);
  };
  const remote: Remote = {
    open: () => (panel ? panel.show() : (open = true)),
    close: () => panel?.hide(),
    toggle: () => (panel?.isOpen ? panel.hide() : remote.open()),
    identify: (user) => become({ ...user, id: String(user.id) }),
    logout: () => become(null),
    language: (tag) => {
      speak(tag);
      panel?.redress({});
    },
    look: (look) => panel?.redress(look),
  };
  window.unisono = Object.freeze(remote);
  // A server that restarts is asked again; one that knows no such site is left alone.
  let started = customer;
  for (let tries = 0; ; tries += 1) {
    try {
      started = customer;
      await chat.start(started);
      break;
    } catch (error) {
      if (!(error instanceof Refused) || tries >= 6 || error.status === 403) return;
      await new Promise((resolve) => setTimeout(resolve, 2_000 * 2 ** tries));
    }
  }
  if (customer !== started) chat.become(customer);
  later(() => {
    panel = new Panel(chat, base, { colour: wanted.colour, theme: wanted.theme, side: wanted.side }, wanted.onUnread ?? (() => undefined));
    if (open) panel.show();
  });
}

void begin();
