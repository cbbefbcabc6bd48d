import { Copy, Info, MoreHorizontal, Pencil, Reply, RotateCw, SmilePlus, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import type { Capabilities } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { formatFull, formatTime } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import { IconButton } from "@/ui/Button";
import { EmojiPopover } from "@/ui/EmojiPopover";
import { toneOf } from "@/ui/initials";
import { Menu, type MenuItem } from "@/ui/Menu";
import { Tip } from "@/ui/Tip";
import { copyText, react, remove, resend } from "./actions";
import { Body, isBare } from "./Body";
import { FateMark } from "./FateMark";
import { mailOf } from "./kinds/MailBody";
import styles from "./MessageRow.module.css";
import type { MessageItem } from "./model";
import { ReplyQuote } from "./ReplyQuote";

export interface RowContext {
  room: Room;
  direct: boolean;
  capabilities: Partial<Capabilities> | null;
  onReply: (id: string) => void;
  onEdit: (id: string) => void;
  onJump: (id: string) => void;
  onInfo: (id: string) => void;
}

interface MessageRowProps {
  item: MessageItem;
  /** Read out of the item, so that an unchanged message is not drawn again. */
  revision: string;
  context: RowContext;
  flash: boolean;
}

export const MessageRow = memo(
  function MessageRow({ item, context, flash }: MessageRowProps) {
    const { client, api } = useUnisono();
    const { room, direct } = context;
    const { event, own, fate } = item;
    const showPerson = !own && !direct;
    const bare = isBare(event) && !item.replyTo;
    const failed = fate?.kind === "failed";
    return (
      <article
        className={styles.row}
        data-own={own || undefined}
        data-first={item.first || undefined}
        data-last={item.last || undefined}
        data-flash={flash || undefined}
        data-id={item.id}
        aria-label={t("message.label", { name: own ? t("chat.you") : item.senderName, time: formatTime(item.time) })}
      >
        {showPerson ? (
          <span className={styles.face}>{item.last ? <Avatar client={client} seed={item.senderId} name={item.senderName} mxc={item.senderPicture} size={32} /> : null}</span>
        ) : null}
        <div className={styles.stack}>
          <div className={styles.bubble} data-bare={bare || undefined} data-edited={(item.edited && !event.isRedacted()) || undefined} data-mail={mailOf(event.getContent()) ? true : undefined}>
            {showPerson && item.first ? (
              <span className={styles.sender} data-tone={toneOf(item.senderId)}>
                {item.senderName}
              </span>
            ) : null}
            {item.replyTo && !event.isRedacted() ? <ReplyQuote room={room} eventId={item.replyTo} onJump={context.onJump} /> : null}
            <Body event={event} id={item.id} sender={item.senderName} first={item.first} />
            <span className={styles.meta} data-own={own || undefined}>
              {item.edited && !event.isRedacted() ? <span>{t("message.edited")}</span> : null}
              <time dateTime={new Date(item.time).toISOString()} title={formatFull(item.time)}>
                {formatTime(item.time)}
              </time>
              {fate ? <FateMark fate={fate} readers={direct ? "" : namesOf(room, fate.readBy)} /> : null}
            </span>
          </div>
          <Reactions item={item} room={room} onReact={(key) => void react(client, room.roomId, item, key)} />
          {failed ? (
            <div className={styles.failed} role="alert">
              <span>{fate.reason || t("fate.failed.long")}</span>
              <button type="button" onClick={() => void resend(client, api, room.roomId, item)}>
                <RotateCw /> {t("message.resend")}
              </button>
              {fate.retry === "device" ? (
                <button type="button" onClick={() => void remove(client, room.roomId, event)}>
                  <Trash2 /> {t("action.discard")}
                </button>
              ) : null}
            </div>
          ) : null}
        </div>
        {event.isRedacted() || (event.status && event.status !== "sent") ? null : <Tools item={item} context={context} />}
      </article>
    );
  },
  (before, after) => before.revision === after.revision && before.item.event === after.item.event && before.flash === after.flash && before.context === after.context,
);

const namesOf = (room: Room, people: string[]) => people.map((userId) => room.getMember(userId)?.rawDisplayName ?? userId).join(", ");

function Reactions({ item, room, onReact }: { item: MessageItem; room: Room; onReact: (key: string) => void }) {
  if (item.reactions.length === 0) return null;
  return (
    <div className={styles.reactions}>
      {item.reactions.map((reaction) => (
        <Tip key={reaction.key} text={namesOf(room, reaction.senders)} side="top">
          <button
            type="button"
            aria-pressed={reaction.own !== null}
            aria-label={t("reaction.label", { sign: reaction.key, n: reaction.senders.length, names: namesOf(room, reaction.senders) })}
            onClick={() => onReact(reaction.key)}
          >
            <span>{reaction.key}</span>
            {reaction.senders.length > 1 ? reaction.senders.length : null}
          </button>
        </Tip>
      ))}
    </div>
  );
}

function Tools({ item, context }: { item: MessageItem; context: RowContext }) {
  const { client } = useUnisono();
  const [picking, setPicking] = useState(false);
  const { room, capabilities } = context;
  const content = item.event.getContent();
  const isText = content.msgtype === "m.text" || content.msgtype === "m.notice";
  const rejected = (what: "reply" | "edit" | "delete" | "reaction") => capabilities?.[what] === "rejected";
  const mayDelete = item.own || room.currentState.hasSufficientPowerLevelFor("redact", room.getMember(client.getSafeUserId())?.powerLevel ?? 0);
  const all: (MenuItem | null)[] = [
    isText ? { label: t("action.copy"), icon: <Copy />, onSelect: () => copyText(item) } : null,
    item.own && isText && !rejected("edit") ? { label: t("message.edit"), icon: <Pencil />, onSelect: () => context.onEdit(item.id) } : null,
    { label: t("message.info"), icon: <Info />, onSelect: () => context.onInfo(item.id) },
    mayDelete && !rejected("delete") ? { label: t("message.delete"), icon: <Trash2 />, danger: true, onSelect: () => void remove(client, room.roomId, item.event) } : null,
  ];
  const items = all.filter((entry) => entry !== null);
  return (
    <div className={styles.tools} data-open={picking || undefined}>
      {rejected("reaction") ? null : (
        <EmojiPopover open={picking} onOpen={setPicking} onPick={(sign) => void react(client, room.roomId, item, sign)}>
          <IconButton small side="top" label={t("message.react")}>
            <SmilePlus />
          </IconButton>
        </EmojiPopover>
      )}
      {rejected("reply") ? null : (
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
