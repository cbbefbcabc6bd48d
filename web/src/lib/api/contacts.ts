// Persons behind several handles: `/_unisono/v1/contacts`.
import type { Method } from "./client";
import type { Text } from "./types";

export interface ContactMember {
  user_id: string;
  /** `null` for a person of this server. */
  channel: string | null;
  remote_id: string | null;
  display_name: string;
  avatar_url: string | null;
  /** `tel:+49...`, `mailto:...` */
  handles: string[];
  rooms: { room_id: string; account_id: number | null }[];
}

export interface Contact {
  /** `null`: nobody has put this person together or named it. */
  id: string | null;
  name: string;
  avatar_url: string | null;
  members: ContactMember[];
}

/** Contacts that share a handle. */
export interface Suggestion {
  handle: string;
  contacts: Contact[];
}

/** A way in which a person can be written to now. */
export interface Way {
  /** `null`: both have a login here. */
  account_id: number | null;
  channel: string | null;
  /** The network's name. */
  network: Text | null;
  /** For those who have several accounts on one network. */
  account_name: string | null;
  user_id: string | null;
  identifier: string;
  /** `null`: the chat is opened when the way is taken. */
  room_id: string | null;
}

/** By which a change of contacts is taken back. */
export interface Change {
  change_id: number;
}

type Authed = <T>(method: Method, path: string, body?: unknown) => Promise<T>;

export function contactsApi(authed: Authed) {
  return {
    contacts: (search: string, limit = 100) =>
      authed<{ contacts: Contact[] }>("GET", `/contacts?${new URLSearchParams({ search, limit: String(limit) }).toString()}`).then((answer) => answer.contacts),
    suggestions: () => authed<{ suggestions: Suggestion[] }>("GET", "/contacts/suggestions").then((answer) => answer.suggestions),
    mergeContacts: (userIds: string[], name?: string) => authed<Change & { contact: Contact }>("POST", "/contacts/merge", { user_ids: userIds, name }),
    splitContact: (userIds: string[]) => authed<Change>("POST", "/contacts/split", { user_ids: userIds }),
    dismissSuggestion: (userIds: string[]) => authed<Change>("POST", "/contacts/dismiss", { user_ids: userIds }),
    undoContacts: (change: Change["change_id"]) => authed<unknown>("POST", "/contacts/undo", { change_id: change }),
    ways: (userId: string) => authed<{ ways: Way[] }>("GET", `/contacts/${encodeURIComponent(userId)}/ways`).then((answer) => answer.ways),
  };
}
