import { Download, FileText } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { formatSize } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { download, saveAs } from "@/lib/matrix/media";
import { IconButton } from "@/ui/Button";
import { Progress } from "@/ui/Empty";
import { toast } from "@/ui/Toast";
import { openPdf } from "../lightbox";
import { captionOf, type FileContent, nameOf, sourceOf } from "../useMedia";
import styles from "./bodies.module.css";
import { PlainText } from "./TextBody";

/** A file: opened when the browser can show it safely, else saved. */
export function FileBody({ content, id }: { content: FileContent; id: string }) {
  const { client } = useUnisono();
  const [done, setDone] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const name = nameOf(content) || t("message.file");
  const caption = captionOf(content);
  const pdf = content.info?.mimetype === "application/pdf";
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? "";

  async function save() {
    setBusy(true);
    setDone(null);
    try {
      const blob = await download(client, sourceOf(content), (loaded, total) => setDone(loaded / (total || content.info?.size || loaded * 2)));
      saveAs(blob, name);
    } catch (error) {
      console.warn("a file did not load", error);
      toast(t("media.failed"), { tone: "red" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <div className={styles.fileRow}>
        <div className={styles.file}>
          <button type="button" className={styles.cover} onClick={() => (pdf ? openPdf(id) : void save())} disabled={busy} aria-label={t(pdf ? "media.open" : "media.save", { name })} />
          <span className={styles.fileMark}>{ending ? <b>{ending}</b> : <FileText />}</span>
          <span className={styles.fileText}>
            <strong>{name}</strong>
            <small>{content.info?.size ? formatSize(content.info.size) : t("message.file")}</small>
            {busy ? <Progress value={done} label={t("media.loading", { name })} /> : null}
          </span>
        </div>
        {pdf ? (
          <IconButton small label={t("media.save", { name })} onClick={() => void save()} disabled={busy}>
            <Download />
          </IconButton>
        ) : null}
      </div>
      {caption ? (
        <div className={styles.caption}>
          <PlainText text={caption} />
        </div>
      ) : null}
    </>
  );
}
