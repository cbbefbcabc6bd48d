// Addresses. Before sign-in: /setup#TOKEN and /invite#TOKEN. After: the part behind #/.
import { useSyncExternalStore } from "react";

export type Page = "chats" | "accounts" | "settings";

export interface Route {
  page: Page;
  /** The open chat, account or settings section. */
  id: string | null;
}

export function parseRoute(hash: string): Route {
  const [page, id] = hash.replace(/^#\/?/, "").split("/");
  const known: Page = page === "accounts" || page === "settings" ? page : "chats";
  return { page: known, id: id ? decodeURIComponent(id) : null };
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
