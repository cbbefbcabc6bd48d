import { ImageOff } from "lucide-react";
import { t } from "@/lib/i18n";
import { openLightbox } from "../lightbox";
import { captionOf, type FileContent, nameOf, thumbnailOf, useMedia } from "../useMedia";
import styles from "./bodies.module.css";
import { PlainText } from "./TextBody";

const longest = 340;

/** The place of a picture is kept while it loads, so that nothing jumps. */
export function frameOf(info: FileContent["info"]): { width: number; height: number } {
  const w = info?.w && info.w > 0 ? info.w : 320;
  const h = info?.h && info.h > 0 ? info.h : 240;
  const scale = Math.min(1, longest / w, longest / h);
  return { width: Math.max(96, Math.round(w * scale)), height: Math.max(64, Math.round(h * scale)) };
}

export function ImageBody({ content, id }: { content: FileContent; id: string }) {
  const { url, failed } = useMedia(thumbnailOf(content, longest));
  const caption = captionOf(content);
  const { width, height } = frameOf(content.info);
  const name = caption || nameOf(content) || t("message.image");
  return (
    <>
      <button type="button" className={styles.frame} style={{ width, aspectRatio: `${width} / ${height}` }} aria-label={t("media.open", { name })} onClick={() => openLightbox(id)}>
        {url ? <img src={url} alt={name} /> : failed ? <ImageOff aria-label={t("media.failed")} /> : <span className={styles.loading} />}
      </button>
      {caption ? (
        <div className={styles.caption} dir="auto">
          <PlainText text={caption} />
        </div>
      ) : null}
    </>
  );
}
