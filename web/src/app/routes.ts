// Addresses. Before sign-in: /setup#TOKEN and /invite#TOKEN. After: the part behind #/.
import { useSyncExternalStore } from "react";

const pages = ["chats", "contacts", "accounts", "settings"] as const;

export type Page = (typeof pages)[number];

export interface Route {
  page: Page;
  /** The open chat, person, account or settings section. */
  id: string | null;
}

export function parseRoute(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, "").split("/");
  return { page: pages.find((known) => known === page) ?? "chats", id: id ? decodeURIComponent(id) : null };
}

export function hashOf(route: Route): string {
  return `#/${route.page}${route.id ? `/${encodeURIComponent(route.id)}` : ""}`;
}

export function go(page: Page, id: string | null = null) {
  const hash = hashOf({ page, id });
  if (window.location.hash !== hash) window.location.hash = hash;
}

/** One step back where that stays inside the app, else to the list. */
export function back(page: Page) {
  history.replaceState(null, "", hashOf({ page, id: null }));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

const subscribe = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

let lastHash = "";
let lastRoute: Route = { page: "chats", id: null };

export function currentRoute(): Route {
  if (window.location.hash !== lastHash) {
    lastHash = window.location.hash;
    lastRoute = parseRoute(lastHash);
  }
  return lastRoute;
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, currentRoute);
}
