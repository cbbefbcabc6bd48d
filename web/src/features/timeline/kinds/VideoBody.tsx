import { Play } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { formatDuration, formatSize } from "@/lib/i18n/format";
import { captionOf, type FileContent, nameOf, sourceOf, useMedia } from "../useMedia";
import { frameOf } from "./ImageBody";
import styles from "./bodies.module.css";
import { PlainText } from "./TextBody";

/** Loaded only when it is to be played. */
export function VideoBody({ content }: { content: FileContent }) {
  const [wanted, setWanted] = useState(false);
  const { url, failed } = useMedia(wanted ? sourceOf(content) : null);
  const { info } = content;
  const poster = useMedia(info?.thumbnail_file ? { file: info.thumbnail_file, mimetype: "image/jpeg" } : info?.thumbnail_url ? { url: info.thumbnail_url, size: 340 } : null);
  const caption = captionOf(content);
  const { width, height } = frameOf(info);
  return (
    <>
      <div className={styles.frame} style={{ width, aspectRatio: `${width} / ${height}` }}>
        {url ? (
          <video src={url} controls autoPlay playsInline aria-label={nameOf(content)} />
        ) : (
          <button type="button" className={styles.play} onClick={() => setWanted(true)} aria-label={t("media.play", { name: nameOf(content) })} aria-busy={wanted && !failed}>
            {poster.url ? <img src={poster.url} alt="" /> : null}
            <span className={styles.playMark} data-busy={(wanted && !failed) || undefined}>
              <Play />
            </span>
          </button>
        )}
        {url ? null : (
            <span className={styles.length}>{failed ? t("media.failed") : info?.duration ? formatDuration(info.duration) : info?.size ? formatSize(info.size) : null}</span>
        )}
      </div>
      {caption ? (
        <div className={styles.caption}>
          <PlainText text={caption} />
        </div>
      ) : null}
    </>
  );
}
