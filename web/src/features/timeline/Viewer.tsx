import * as Radix from "@radix-ui/react-dialog";
import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { formatFull } from "@/lib/i18n/format";
import { findEvent } from "@/lib/matrix/conversation";
import { saveAs } from "@/lib/matrix/media";
import type { Viewed } from "./lightbox";
import { type FileContent, nameOf, sourceOf, useMedia } from "./useMedia";
import styles from "./Viewer.module.css";

/** A picture or PDF in front of everything; arrows go through the chat's pictures. */
export function Viewer({ rooms }: { rooms: readonly Room[] }) {
  const [viewed, setViewed] = useState<Viewed | null>(null);
  useEffect(() => {
    const open = (event: Event) => setViewed((event as CustomEvent<Viewed>).detail);
    window.addEventListener("unisono:view", open);
    return () => window.removeEventListener("unisono:view", open);
  }, []);
  const event = findEvent(rooms, viewed?.id ?? null)?.event;
  return (
    <Radix.Root open={event !== undefined} onOpenChange={(open) => !open && setViewed(null)}>
      <Radix.Portal>
        <Radix.Content className={styles.viewer} aria-describedby={undefined}>
          {event && viewed ? <Content key={viewed.id} rooms={rooms} event={event} viewed={viewed} onView={setViewed} /> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ContentProps {
  rooms: readonly Room[];
  event: MatrixEvent;
  viewed: Viewed;
  onView: (viewed: Viewed | null) => void;
}

const isPicture = (event: MatrixEvent) => event.getContent().msgtype === "m.image" && !event.isRedacted();

function Content({ rooms, event, viewed, onView }: ContentProps) {
  const content = event.getContent() as FileContent;
  const { url, failed } = useMedia(sourceOf(content));
  const name = nameOf(content) || t("message.image");
  const pictures = rooms.flatMap((room) => room.getLiveTimeline().getEvents().filter(isPicture)).sort((a, b) => a.getTs() - b.getTs());
  const at = pictures.findIndex((picture) => picture.getId() === viewed.id);
  const step = (by: number) => {
    const next = pictures[at + by];
    if (viewed.kind === "image" && next) onView({ kind: "image", id: next.getId()! });
  };
  const keys = (key: KeyboardEvent) => {
    if (key.key === "ArrowLeft") step(-1);
    if (key.key === "ArrowRight") step(1);
  };
  return (
    <div className={styles.content} onKeyDown={keys}>
      <header className={styles.bar}>
        <span>
          <Radix.Title className={styles.title}>{name}</Radix.Title>
          <small>
            {event.sender?.rawDisplayName} · {formatFull(event.getTs())}
          </small>
        </span>
        <button type="button" onClick={() => url && saveAs(url, name)} disabled={!url} aria-label={t("media.save", { name })}>
          <Download />
        </button>
        <Radix.Close aria-label={t("action.close")}>
          <X />
        </Radix.Close>
      </header>
      <div className={styles.stage} onClick={(click) => click.target === click.currentTarget && onView(null)}>
        {failed ? <p>{t("media.failed")}</p> : null}
        {url && viewed.kind === "image" ? <img src={url} alt={name} /> : null}
        {url && viewed.kind === "pdf" ? <iframe src={url} title={name} /> : null}
        {!url && !failed ? <span className={styles.waiting} aria-label={t("media.loading", { name })} role="status" /> : null}
      </div>
      {viewed.kind === "image" && at > 0 ? (
        <button type="button" className={`${styles.arrow} ${styles.left}`} onClick={() => step(-1)} aria-label={t("media.previous")}>
          <ChevronLeft />
        </button>
      ) : null}
      {viewed.kind === "image" && at >= 0 && at < pictures.length - 1 ? (
        <button type="button" className={`${styles.arrow} ${styles.right}`} onClick={() => step(1)} aria-label={t("media.next")}>
          <ChevronRight />
        </button>
      ) : null}
    </div>
  );
}
