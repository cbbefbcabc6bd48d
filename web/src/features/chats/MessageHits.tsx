import { useEffect, useState } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { go } from "@/app/routes";
import { t } from "@/lib/i18n";
import { formatListTime } from "@/lib/i18n/format";
import { chatName } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { requestJump } from "@/features/timeline/jump";
import styles from "./MessageHits.module.css";

interface Hit {
  room: string;
  event: string;
  chat: string;
  text: string;
  time: number;
}

/** Messages on the server that contain the words. Encrypted ones are not among them: it cannot read them. */
export function MessageHits({ query }: { query: string }) {
  const { client } = useUnisono();
  const [hits, setHits] = useState<Hit[]>([]);

  useEffect(() => {
    let live = true;
    const timer = setTimeout(() => {
      find(client, query).then(
        (found) => live && setHits(found),
        () => live && setHits([]),
      );
    }, 250);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [client, query]);

  if (hits.length === 0) return null;
  return (
    <section className={styles.hits} aria-label={t("chats.inMessages")}>
      <h2>{t("chats.inMessages")}</h2>
      <ul>
        {hits.map((hit) => (
          <li key={hit.event}>
            <button
              type="button"
              onClick={() => {
                requestJump(hit.room, hit.event);
                go("chats", hit.room);
              }}
            >
              <span className={styles.top}>
                <strong>{hit.chat}</strong>
                <time>{formatListTime(hit.time, Date.now())}</time>
              </span>
              <span className={styles.text}>{hit.text}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function find(client: MatrixClient, query: string): Promise<Hit[]> {
  const answer = await client.search({
    body: { search_categories: { room_events: { search_term: query, keys: ["content.body"], order_by: "recent", filter: { limit: 20 } } } } as never,
  });
  const results = answer.search_categories.room_events?.results ?? [];
  return results.flatMap(({ result }) => {
    const room = client.getRoom(result.room_id);
    const body = (result.content as { body?: string }).body;
    if (!room || !result.event_id || !body) return [];
    return [{ room: room.roomId, event: result.event_id, chat: chatName(client, room), text: around(body, query), time: result.origin_server_ts }];
  });
}

/** The part of a long text where the word stands. */
function around(body: string, query: string): string {
  const plain = body.replace(/\s+/g, " ");
  const at = plain.toLowerCase().indexOf(query.toLowerCase());
  return at > 40 ? `…${plain.slice(at - 30, at + 120)}` : plain.slice(0, 150);
}
