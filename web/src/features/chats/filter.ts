// Which rows of the list are shown.
import type { ChatSummary } from "./summary";

export type Filter = "all" | "unread" | "direct" | "groups" | "archived" | `network:${string}`;

export const isUnread = (chat: ChatSummary) => chat.unread > 0 || chat.markedUnread;

const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function matches(chat: ChatSummary, query: string): boolean {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const haystack = fold(`${chat.name} ${chat.people} ${chat.preview?.text ?? ""}`);
  return words.every((word) => haystack.includes(word));
}

export function select(chats: readonly ChatSummary[], filter: Filter, query: string): ChatSummary[] {
  const searching = query.trim() !== "";
  return chats.filter((chat) => {
    if (!matches(chat, query)) return false;
    if (filter === "archived") return chat.archived;
    // A search looks everywhere; otherwise the archive stays out of the way.
    if (chat.archived && !searching) return false;
    if (filter === "unread") return isUnread(chat);
    if (filter === "direct") return chat.direct;
    if (filter === "groups") return !chat.direct;
    if (filter.startsWith("network:")) return chat.networks.some(({ id }) => id === filter.slice("network:".length));
    return true;
  });
}

/** The networks that occur, for the chips. */
export function networksOf(chats: readonly ChatSummary[]): { id: string; name: string }[] {
  const seen = new Map<string, string>();
  for (const chat of chats) for (const { id, name } of chat.networks) seen.set(id, name);
  return [...seen].map(([id, name]) => ({ id, name }));
}
