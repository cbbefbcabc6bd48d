import { FileText, Mic, Video } from "lucide-react";
import { useState } from "react";
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { isWhole, loadFurther } from "@/features/timeline/reach";
import { requestJump } from "@/features/timeline/jump";
import { type FileContent, nameOf, thumbnailOf, useMedia } from "@/features/timeline/useMedia";
import { t } from "@/lib/i18n";
import { formatListTime, formatSize } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import styles from "./DetailsPanel.module.css";

const kinds = ["m.image", "m.video", "m.file", "m.audio"];

/** What was sent in this chat besides words; older ones are looked for on request. */
export function FilesSection({ rooms }: { rooms: readonly Room[] }) {
  const { client, changes } = useUnisono();
  const [busy, setBusy] = useState(false);
  const found = () =>
    rooms
      .flatMap((room) => room.getLiveTimeline().getEvents())
      .filter((event) => kinds.includes(event.getContent().msgtype as string) && !event.isRedacted())
      .sort((a, b) => b.getTs() - a.getTs());
  const files = found();
  const pictures = files.filter((event) => event.getContent().msgtype === "m.image");
  const rest = files.filter((event) => event.getContent().msgtype !== "m.image");

  async function older() {
    setBusy(true);
    const before = files.length;
    try {
      for (let page = 0; page < 5; page += 1) {
        if (!(await loadFurther(client, rooms, 100)) || found().length > before) break;
      }
    } finally {
      rooms.forEach((room) => changes.touch(room.roomId));
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
            <Picture key={event.getId()} event={event} />
          ))}
        </div>
      ) : null}
      <ul className={styles.files}>
        {rest.slice(0, 100).map((event) => {
          const content = event.getContent() as FileContent & { msgtype: string };
          return (
            <li key={event.getId()}>
              <button type="button" onClick={() => requestJump(event.getRoomId()!, event.getId()!)}>
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
      {rooms.every(isWhole) ? null : (
        <Button look="quiet" wide busy={busy} onClick={() => void older()}>
          {t("details.moreFiles")}
        </Button>
      )}
    </section>
  );
}

function Picture({ event }: { event: MatrixEvent }) {
  const content = event.getContent() as FileContent;
  const { url } = useMedia(thumbnailOf(content, 120));
  const name = nameOf(content);
  return (
    <button type="button" onClick={() => requestJump(event.getRoomId()!, event.getId()!)} aria-label={name}>
      {url ? <img src={url} alt="" /> : null}
    </button>
  );
}
