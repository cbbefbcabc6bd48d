// One row of the list for all chats with one person.
import type { ChatSummary } from "./summary";

export function join(rows: readonly ChatSummary[], id: string, name: string): ChatSummary {
  const newest = [...rows].sort((a, b) => b.time - a.time || a.id.localeCompare(b.id));
  const latest = newest[0]!;
  const sum = (count: (row: ChatSummary) => number) => rows.reduce((total, row) => total + count(row), 0);
  return {
    ...latest,
    id,
    rooms: newest.map((row) => row.id),
    name,
    seed: rows.find((row) => row.id === id)?.seed ?? latest.seed,
    picture: newest.find((row) => row.picture)?.picture ?? null,
    networks: [...new Map(newest.flatMap((row) => row.networks).map((network) => [network.id, network])).values()],
    draft: newest.find((row) => row.draft)?.draft ?? "",
    failed: rows.some((row) => row.failed),
    unread: sum((row) => row.unread),
    mentions: sum((row) => row.mentions),
    markedUnread: rows.some((row) => row.markedUnread),
    favourite: rows.some((row) => row.favourite),
    archived: rows.every((row) => row.archived),
    muted: rows.every((row) => row.muted),
    people: rows.map((row) => row.people).join(" "),
  };
}
