import { Pencil, Reply, X } from "lucide-react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { previewOf } from "@/features/chats/preview";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { IconButton } from "@/ui/Button";
import styles from "./Composer.module.css";

export interface ComposerMode {
  replyTo: string | null;
  editing: string | null;
}

export const plainMode: ComposerMode = { replyTo: null, editing: null };

/** What is being answered or changed. */
export function ModeLine({ room, mode, onCancel }: { room: Room; mode: ComposerMode; onCancel: () => void }) {
  const { userId } = useUnisono();
  const id = mode.editing ?? mode.replyTo;
  if (!id) return null;
  const event = room.findEventById(id);
  const name = event?.getSender() === userId ? t("chat.you") : (event?.sender?.rawDisplayName ?? "");
  return (
    <div className={styles.mode}>
      {mode.editing ? <Pencil aria-hidden="true" /> : <Reply aria-hidden="true" />}
      <span>
        <strong>{mode.editing ? t("composer.editing") : t("composer.replying", { name })}</strong>
        <small>{event ? previewOf(event).text : ""}</small>
      </span>
      <IconButton small label={t("action.cancel")} onClick={onCancel}>
        <X />
      </IconButton>
    </div>
  );
}
