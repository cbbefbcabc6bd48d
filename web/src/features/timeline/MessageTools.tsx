import { Copy, Info, MoreHorizontal, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { capabilitiesOf, networkLabel } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { IconButton } from "@/ui/Button";
import { EmojiPopover } from "@/ui/EmojiPopover";
import { Menu, type MenuItem } from "@/ui/Menu";
import { copyText, react, remove } from "./actions";
import type { RowContext } from "./MessageRow";
import styles from "./MessageTools.module.css";
import type { MessageItem } from "./model";

/** What can be done with a message; shown when pointed at, tapped, or reached by keyboard. */
export function MessageTools({ item, context }: { item: MessageItem; context: RowContext }) {
  const { client } = useUnisono();
  const [picking, setPicking] = useState(false);
  const { room } = item;
  const capabilities = capabilitiesOf(room);
  const content = item.event.getContent();
  const isText = content.msgtype === "m.text" || content.msgtype === "m.notice";
  const rejected = (what: "reply" | "edit" | "delete" | "reaction") => capabilities?.[what] === "rejected";
  const refusal = t("message.notHere", { network: networkLabel(room) });
  const mayDelete = item.own || room.currentState.hasSufficientPowerLevelFor("redact", room.getMember(client.getSafeUserId())?.powerLevel ?? 0);
  const all: (MenuItem | null)[] = [
    isText ? { label: t("action.copy"), icon: <Copy />, onSelect: () => copyText(item) } : null,
    item.own && isText
      ? { label: t("message.edit"), icon: <Pencil />, disabled: rejected("edit"), hint: rejected("edit") ? refusal : undefined, onSelect: () => context.onEdit(item.id) }
      : null,
    { label: t("message.info"), icon: <Info />, onSelect: () => context.onInfo(item.id) },
    mayDelete
      ? {
          label: t("message.delete"),
          icon: <Trash2 />,
          danger: true,
          disabled: rejected("delete"),
          hint: rejected("delete") ? refusal : undefined,
          onSelect: () => void remove(client, room.roomId, item.event),
        }
      : null,
  ];
  const items = all.filter((entry) => entry !== null);
  return (
    <div className={styles.tools} data-open={picking || undefined}>
      {rejected("reaction") ? (
        <IconButton small side="top" label={`${t("message.react")}: ${refusal}`} aria-disabled="true" className={styles.refused}>
          <SmilePlus />
        </IconButton>
      ) : (
        <EmojiPopover open={picking} onOpen={setPicking} onPick={(sign) => void react(client, room.roomId, item, sign)}>
          <IconButton small side="top" label={t("message.react")}>
            <SmilePlus />
          </IconButton>
        </EmojiPopover>
      )}
      {rejected("reply") ? (
        <IconButton small side="top" label={`${t("message.reply")}: ${refusal}`} aria-disabled="true" className={styles.refused}>
          <Reply />
        </IconButton>
      ) : (
        <IconButton small side="top" label={t("message.reply")} onClick={() => context.onReply(item.id)}>
          <Reply />
        </IconButton>
      )}
      <Menu
        items={items}
        trigger={
          <button type="button" className={styles.more} aria-label={t("message.more")}>
            <MoreHorizontal />
          </button>
        }
      />
    </div>
  );
}
