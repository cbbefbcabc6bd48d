import { ArrowDown } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { formatDay } from "@/lib/i18n/format";
import { isDirect } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { findEvent } from "@/lib/matrix/conversation";
import { SkeletonRows } from "@/ui/Empty";
import { Tip } from "@/ui/Tip";
import { toast } from "@/ui/Toast";
import { takeJump } from "./jump";
import { LiveAnnouncer } from "./LiveAnnouncer";
import { MessageRow, type RowContext } from "./MessageRow";
import { Notices } from "./Notices";
import type { Item } from "./model";
import styles from "./Timeline.module.css";
import { TypingLine } from "./TypingLine";
import { Uploads } from "./Uploads";
import { useScroll } from "./useScroll";
import { useReading, useTimeline } from "./useTimeline";

interface TimelineProps {
  /** Names the conversation, whatever rooms it has. */
  id: string;
  rooms: readonly Room[];
  onReply: (id: string) => void;
  onEdit: (id: string) => void;
  onInfo: (id: string) => void;
}

export function Timeline({ id: conversation, rooms, onReply, onEdit, onInfo }: TimelineProps) {
  const { client } = useUnisono();
  const scroller = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const [flash, setFlash] = useState<string | null>(null);
  const { items, loading, complete, loadOlder, reach, marks } = useTimeline(rooms);
  const { atBottom, note, toBottom, toElement, comeBack, left } = useScroll(conversation, scroller, items);
  const unseen = useUnseen(items, atBottom);

  // Who sends wants to see it.
  useEffect(() => {
    window.addEventListener("unisono:sent", toBottom);
    return () => window.removeEventListener("unisono:sent", toBottom);
  }, [toBottom]);
  useReading(rooms, atBottom, items);

  const jump = useCallback(
    async (id: string) => {
      const there = await reach(id).catch(() => false);
      if (!there) return toast(t("message.notFound"));
      whenDrawn(() => {
        const row = scroller.current?.querySelector(`[data-id="${CSS.escape(id)}"]`);
        if (!row) return;
        toElement(row, "center");
        setFlash(id);
        setTimeout(() => setFlash(null), 1700);
      });
    },
    [reach, toElement],
  );

  const opened = useRef(false);
  useLayoutEffect(() => {
    if (opened.current || items.length === 0) return;
    opened.current = true;
    const wanted = takeJump(rooms);
    if (wanted) return void jump(wanted);
    if (left) {
      if (!comeBack()) void reach(left.id, 10).then(() => whenDrawn(comeBack));
      return;
    }
    const toUnread = () => {
      const line = scroller.current?.querySelector("[data-unread-line]");
      if (line) toElement(line, "start");
      return Boolean(line);
    };
    const further = rooms.map((room) => marks[room.roomId]).find((mark) => mark && !findEvent(rooms, mark));
    if (!toUnread() && further) void reach(further, 10).then(() => whenDrawn(toUnread));
  }, [items, rooms, jump, toElement, comeBack, left, reach, marks]);

  useEffect(() => {
    const listen = () => {
      const wanted = takeJump(rooms);
      if (wanted) void jump(wanted);
    };
    window.addEventListener("unisono:jump", listen);
    return () => window.removeEventListener("unisono:jump", listen);
  }, [rooms, jump]);

  useEffect(() => {
    const mark = top.current;
    if (!mark || complete) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && void loadOlder(), { root: scroller.current, rootMargin: "900px 0px 0px" });
    watch.observe(mark);
    return () => watch.disconnect();
  }, [loadOlder, complete, items]);

  const direct = rooms.some((room) => isDirect(client, room));
  const context = useMemo<RowContext>(() => ({ direct, onReply, onEdit, onInfo, onJump: (id) => void jump(id) }), [direct, onReply, onEdit, onInfo, jump]);

  return (
    <div className={styles.frame}>
      <div ref={scroller} className={styles.scroller} onScroll={note} onKeyDown={walk} tabIndex={0} role="log" aria-live="off" aria-label={t("timeline.label")}>
        <div className={styles.content}>
          <div ref={top} className={styles.top}>
            {loading && items.length > 0 ? <span className="visually-hidden">{t("timeline.loading")}</span> : null}
            {loading && items.length === 0 ? <SkeletonRows count={5} /> : null}
          </div>
          {items.map((item) => (
            <Row key={item.key} item={item} context={context} flash={item.type === "message" && flash === item.id} />
          ))}
          {rooms.map((room) => (
            <Uploads key={room.roomId} roomId={room.roomId} />
          ))}
          {rooms.map((room) => (
            <TypingLine key={room.roomId} room={room} />
          ))}
        </div>
      </div>
      {atBottom ? null : (
        <Tip text={t("timeline.newest")} side="left">
          <button type="button" className={styles.down} onClick={toBottom} aria-label={unseen > 0 ? t("timeline.newestN", { n: unseen }) : t("timeline.newest")}>
            {unseen > 0 ? <b>{unseen}</b> : null}
            <ArrowDown />
          </button>
        </Tip>
      )}
      <LiveAnnouncer items={items} />
    </div>
  );
}

function Row({ item, context, flash }: { item: Item; context: RowContext; flash: boolean }) {
  switch (item.type) {
    case "day":
      return (
        <div className={styles.day} role="separator" aria-label={formatDay(item.time, Date.now())}>
          <span>{formatDay(item.time, Date.now())}</span>
        </div>
      );
    case "unread":
      return (
        <div className={styles.unread} data-unread-line role="separator" aria-label={t("timeline.unread")}>
          <span>{t("timeline.unread")}</span>
        </div>
      );
    case "notice":
      return <Notices lines={item.lines} />;
    case "message":
      return <MessageRow item={item} revision={item.revision} context={context} flash={flash} />;
  }
}

/** Arrow keys go from message to message; Tab then reaches what can be done with it. */
function walk(event: KeyboardEvent<HTMLElement>) {
  const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
  if (step === 0 || event.target instanceof HTMLInputElement) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-id]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? rows[rows.length - 1] : rows[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** After a change in the store has become rows: a frame for the counter, one for React. */
const whenDrawn = (then: () => void) => requestAnimationFrame(() => setTimeout(then, 160));

/** How many came in below while older messages were looked at. */
function useUnseen(items: readonly Item[], atBottom: boolean): number {
  const seen = useRef<string | null>(null);
  const last = items[items.length - 1]?.key ?? null;
  if (atBottom) seen.current = last;
  if (atBottom || seen.current === null) return 0;
  const at = items.findIndex((item) => item.key === seen.current);
  return at < 0 ? 0 : items.slice(at + 1).filter((item) => item.type === "message" && !item.own).length;
}
