import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { go } from "@/app/routes";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { ChatRow } from "./ChatRow";
import styles from "./RowList.module.css";
import { RowMenu } from "./RowMenu";
import { attempt, setArchived, toggleRead } from "./row-actions";
import { SwipeRow } from "./SwipeRow";
import type { ChatSummary } from "./summary";

const rowHeight = 64;
const scrollKey = "unisono.list.scroll";

interface RowListProps {
  chats: ChatSummary[];
  openId: string | null;
  footer: ReactNode;
}

/** Only the rows in sight exist: ten thousand chats scroll like ten. */
export function RowList({ chats, openId, footer }: RowListProps) {
  const { client } = useUnisono();
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow();
  const rows = useVirtualizer({
    count: chats.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => chats[index]!.id,
    overscan: 8,
    initialOffset: () => Number(sessionStorage.getItem(scrollKey) ?? 0),
  });

  useEffect(() => {
    const step = (event: Event) => {
      const by = (event as CustomEvent<number>).detail;
      const at = chats.findIndex((chat) => isOpen(chat, openId));
      const next = chats[Math.min(chats.length - 1, Math.max(0, at + by))];
      if (!next) return;
      go("chats", next.id);
      rows.scrollToIndex(chats.indexOf(next));
    };
    const archive = () => {
      const chat = chats.find((candidate) => isOpen(candidate, openId));
      if (chat) attempt(setArchived(client, chat, !chat.archived));
    };
    window.addEventListener("unisono:step", step);
    window.addEventListener("unisono:archive", archive);
    return () => {
      window.removeEventListener("unisono:step", step);
      window.removeEventListener("unisono:archive", archive);
    };
  }, [chats, openId, rows, client]);

  return (
    <div ref={scroller} className={styles.scroller} onScroll={(event) => sessionStorage.setItem(scrollKey, String(event.currentTarget.scrollTop))}>
      <ul className={styles.list} style={{ height: rows.getTotalSize() }} aria-label={t("chats.title")}>
        {rows.getVirtualItems().map((item) => {
          const chat = chats[item.index]!;
          return (
            <li key={item.key} className={styles.item} style={{ transform: `translateY(${item.start}px)` }} aria-setsize={chats.length} aria-posinset={item.index + 1}>
              <RowMenu client={client} chat={chat}>
                <div>
                  <SwipeRow onRight={() => attempt(toggleRead(client, chat))} onLeft={() => attempt(setArchived(client, chat, !chat.archived))}>
                    <ChatRow client={client} chat={chat} open={isOpen(chat, openId)} now={now} />
                  </SwipeRow>
                </div>
              </RowMenu>
            </li>
          );
        })}
      </ul>
      {footer}
    </div>
  );
}

const isOpen = (chat: ChatSummary, openId: string | null) => openId !== null && chat.rooms.includes(openId);

/** The present minute: "yesterday" must become true by itself. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
