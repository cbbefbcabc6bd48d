// The persons behind several handles, as the server keeps them in this person's account data.
import type { EventType, MatrixClient } from "matrix-js-sdk/lib/matrix";

export interface KnownContact {
  id: string;
  name: string | null;
  userIds: string[];
}

export const contactsType = "org.unisono.contacts" as EventType.Direct;

const none: ReadonlyMap<string, KnownContact> = new Map();
const books = new WeakMap<object, ReadonlyMap<string, KnownContact>>();

/** Whom each handle belongs to; handles that stand alone are not in it. */
export function contactBook(client: MatrixClient): ReadonlyMap<string, KnownContact> {
  const content = client.getAccountData(contactsType)?.getContent() as { contacts?: unknown } | undefined;
  if (!content) return none;
  const known = books.get(content);
  if (known) return known;
  const book = new Map<string, KnownContact>();
  for (const entry of Array.isArray(content.contacts) ? (content.contacts as Record<string, unknown>[]) : []) {
    if (typeof entry.id !== "string" || !Array.isArray(entry.user_ids)) continue;
    const userIds = entry.user_ids.filter((id): id is string => typeof id === "string");
    const contact = { id: entry.id, name: typeof entry.name === "string" && entry.name.trim() ? entry.name.trim() : null, userIds };
    userIds.forEach((id) => book.set(id, contact));
  }
  books.set(content, book);
  return book;
}

export function contactOf(client: MatrixClient, userId: string | null): KnownContact | null {
  return userId ? (contactBook(client).get(userId) ?? null) : null;
}

/** Everybody who is the same person, at least the one asked for. */
export function samePerson(client: MatrixClient, userId: string): string[] {
  return contactOf(client, userId)?.userIds ?? [userId];
}
