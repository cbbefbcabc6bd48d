import { RotateCw, X } from "lucide-react";
import { t } from "@/lib/i18n";
import { cancelUpload, retryUpload, useUploads } from "@/features/composer/uploads";
import { IconButton } from "@/ui/Button";
import { Progress } from "@/ui/Empty";
import styles from "./Timeline.module.css";

/** Files on their way up. */
export function Uploads({ roomId }: { roomId: string }) {
  const uploads = useUploads(roomId);
  return uploads.map((upload) => (
    <div key={upload.id} className={styles.upload}>
      <div>
        <strong>{upload.name}</strong>
        {upload.failed ? <small role="alert">{upload.reason || t("upload.failed")}</small> : <Progress value={upload.done} label={t("upload.label", { name: upload.name })} />}
      </div>
      {upload.failed ? (
        <IconButton small label={t("action.retry")} onClick={() => retryUpload(upload.id)}>
          <RotateCw />
        </IconButton>
      ) : null}
      <IconButton small label={t("action.cancel")} onClick={() => cancelUpload(upload.id)}>
        <X />
      </IconButton>
    </div>
  ));
}
