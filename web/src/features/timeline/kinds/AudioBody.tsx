import { Mic } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { formatDuration } from "@/lib/i18n/format";
import { type FileContent, nameOf, sourceOf, useMedia } from "../useMedia";
import styles from "./bodies.module.css";

export function AudioBody({ content }: { content: FileContent }) {
  const [wanted, setWanted] = useState(false);
  const { url, failed } = useMedia(wanted ? sourceOf(content) : null);
  const name = nameOf(content) || t("message.audio");
  if (url) return <audio className={styles.audio} src={url} controls autoPlay aria-label={name} />;
  return (
    <div className={styles.file}>
      <button type="button" className={styles.cover} onClick={() => setWanted(true)} aria-label={t("media.play", { name })} aria-busy={wanted && !failed} />
      <span className={styles.fileMark}>
        <Mic />
      </span>
      <span className={styles.fileText}>
        <strong>{name}</strong>
        <small>{failed ? t("media.failed") : content.info?.duration ? formatDuration(content.info.duration) : t("message.audio")}</small>
      </span>
    </div>
  );
}
