import { FileText, Mic, Video } from "lucide-react";
import { useState } from "react";
import { Direction, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix";
import { requestJump } from "@/features/timeline/jump";
import { type FileContent, nameOf, thumbnailOf, useMedia } from "@/features/timeline/useMedia";
import { t } from "@/lib/i18n";
import { formatListTime, formatSize } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import styles from "./DetailsPanel.module.css";

const kinds = ["m.image", "m.video", "m.file", "m.audio"];

/** What was sent in this chat besides words; older ones are looked for on request. */
export function FilesSection({ room }: { room: Room }) {
  const { client, changes } = useUnisono();
  const [busy, setBusy] = useState(false);
  const timeline = room.getLiveTimeline();
  const files = timeline
    .getEvents()
    .filter((event) => kinds.includes(event.getContent().msgtype as string) && !event.isRedacted())
    .reverse();
  const pictures = files.filter((event) => event.getContent().msgtype === "m.image");
  const rest = files.filter((event) => event.getContent().msgtype !== "m.image");

  async function older() {
    setBusy(true);
    const before = files.length;
    try {
      for (let page = 0; page < 5; page += 1) {
        if (timeline.getPaginationToken(Direction.Backward) === null) break;
        await client.scrollback(room, 100);
        if (timeline.getEvents().filter((event) => kinds.includes(event.getContent().msgtype as string)).length > before) break;
      }
    } finally {
      changes.touch(room.roomId);
      setBusy(false);
    }
  }

  return (
    <section className={styles.section}>
      <h4>{t("details.files")}</h4>
      {files.length === 0 ? <p className={styles.muted}>{t("details.noFiles")}</p> : null}
      {pictures.length > 0 ? (
        <div className={styles.pictures}>
          {pictures.slice(0, 60).map((event) => (
            <Picture key={event.getId()} event={event} room={room} />
          ))}
        </div>
      ) : null}
      <ul className={styles.files}>
        {rest.slice(0, 100).map((event) => {
          const content = event.getContent() as FileContent & { msgtype: string };
          return (
            <li key={event.getId()}>
              <button type="button" onClick={() => requestJump(room.roomId, event.getId()!)}>
                <span className={styles.mark}>{content.msgtype === "m.video" ? <Video /> : content.msgtype === "m.audio" ? <Mic /> : <FileText />}</span>
                <span>
                  <strong>{nameOf(content)}</strong>
                  <small>
                    {content.info?.size ? `${formatSize(content.info.size)} · ` : ""}
                    {formatListTime(event.getTs(), Date.now())}
                  </small>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {timeline.getPaginationToken(Direction.Backward) !== null ? (
        <Button look="quiet" wide busy={busy} onClick={() => void older()}>
          {t("details.moreFiles")}
        </Button>
      ) : null}
    </section>
  );
}

function Picture({ event, room }: { event: MatrixEvent; room: Room }) {
  const content = event.getContent() as FileContent;
  const { url } = useMedia(thumbnailOf(content, 120));
  const name = nameOf(content);
  return (
    <button type="button" onClick={() => requestJump(room.roomId, event.getId()!)} aria-label={name}>
      {url ? <img src={url} alt="" /> : null}
    </button>
  );
}
