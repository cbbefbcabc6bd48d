import { FileText, Video, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { formatSize } from "@/lib/i18n/format";
import { capabilitiesOf } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { Button, IconButton } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Callout } from "@/ui/Field";
import styles from "./AttachDialog.module.css";
import { kindOf } from "./file-info";
import { sendText } from "./send";
import { sendFile } from "./uploads";

interface AttachDialogProps {
  room: Room;
  files: File[];
  replyTo: string | null;
  onClose: () => void;
  onSent: () => void;
}

/** Looks at the files before they go, with words for them. */
export function AttachDialog({ room, files, replyTo, onClose, onSent }: AttachDialogProps) {
  const { client } = useUnisono();
  const [chosen, setChosen] = useState<File[]>([]);
  const [caption, setCaption] = useState("");
  const capabilities = capabilitiesOf(room);
  useEffect(() => {
    setChosen(files);
    setCaption("");
  }, [files]);

  const limit = capabilities?.max_file;
  const tooLarge = limit ? chosen.filter((file) => file.size > limit) : [];
  const withCaption = capabilities === null || capabilities.captions !== false;

  function send() {
    const words = caption.trim();
    if (words && !withCaption) sendText(client, room.roomId, words, replyTo ?? undefined);
    chosen.forEach((file, index) => sendFile(client, room.roomId, file, index === 0 && withCaption ? words : "", index === 0 ? (replyTo ?? undefined) : undefined));
    window.dispatchEvent(new CustomEvent("unisono:sent"));
    onSent();
    onClose();
  }

  return (
    <Dialog open={files.length > 0} onClose={onClose} title={t("attach.title", { n: chosen.length })}>
      <ul className={styles.files}>
        {chosen.map((file, index) => (
          <li key={`${file.name}-${index}`}>
            <Thumb file={file} />
            <span className={styles.name}>
              <strong>{file.name}</strong>
              <small>{formatSize(file.size)}</small>
            </span>
            <IconButton
              small
              label={t("attach.remove", { name: file.name })}
              onClick={() => (chosen.length === 1 ? onClose() : setChosen(chosen.filter((other) => other !== file)))}
            >
              <X />
            </IconButton>
          </li>
        ))}
      </ul>
      {tooLarge.length > 0 ? <Callout>{t("attach.tooLarge", { name: tooLarge[0]!.name, size: formatSize(limit ?? 0) })}</Callout> : null}
      <input
        className={styles.caption}
        autoFocus
        value={caption}
        placeholder={t("attach.caption")}
        aria-label={t("attach.caption")}
        onChange={(event) => setCaption(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.nativeEvent.isComposing && tooLarge.length === 0) send();
        }}
      />
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button look="primary" disabled={tooLarge.length > 0} onClick={send}>
          {t("composer.send")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Thumb({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null);
  const kind = kindOf(file.type);
  useEffect(() => {
    if (kind !== "m.image") return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file, kind]);
  return <span className={styles.thumb}>{url ? <img src={url} alt="" /> : kind === "m.video" ? <Video /> : <FileText />}</span>;
}
