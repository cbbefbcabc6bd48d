import { RotateCw, Trash2 } from "lucide-react";
import { type CSSProperties, memo } from "react";
import { t } from "@/lib/i18n";
import { formatFull, formatTime } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { networkLabel } from "@/lib/matrix/chat";
import { Avatar } from "@/ui/Avatar";
import { NetworkMark } from "@/ui/NetworkMark";
import { toneOf } from "@/ui/initials";
import { react, remove, resend } from "./actions";
import { Body, isBare } from "./Body";
import { FateMark } from "./FateMark";
import { mailOf } from "./kinds/MailBody";
import styles from "./MessageRow.module.css";
import { MessageTools } from "./MessageTools";
import type { MessageItem } from "./model";
import { namesOf, Reactions } from "./Reactions";
import { ReplyQuote } from "./ReplyQuote";

export interface RowContext {
  direct: boolean;
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
    const { direct } = context;
    const { room, event, own, fate } = item;
    const showPerson = !own && !direct;
    const bare = isBare(event) && !item.replyTo;
    const failed = fate?.kind === "failed";
    const edited = item.edited && !event.isRedacted() ? t("message.edited") : "";
    const time = formatTime(item.time);
    // Room for the time at the end of the last line, in both languages and clocks.
    const reserved = Math.round((time.length + (edited ? edited.length + 1 : 0)) * 6.5 + (fate ? 22 : 4) + (item.via ? 18 : 0));
    return (
      <article
        className={styles.row}
        data-own={own || undefined}
        data-first={item.first || undefined}
        data-last={item.last || undefined}
        data-flash={flash || undefined}
        data-id={item.id}
        tabIndex={-1}
        aria-label={t("message.label", { name: own ? t("chat.you") : item.senderName, time })}
      >
        {showPerson ? (
          <span className={styles.face}>{item.last ? <Avatar client={client} seed={item.senderId} name={item.senderName} mxc={item.senderPicture} size={32} /> : null}</span>
        ) : null}
        <div className={styles.stack}>
          <div className={styles.bubble} data-bare={bare || undefined} style={{ "--meta": `${reserved}px` } as CSSProperties} data-mail={mailOf(event.getContent()) ? true : undefined}>
            {showPerson && item.first ? (
              <span className={styles.sender} data-tone={toneOf(item.senderId)}>
                {item.senderName}
              </span>
            ) : null}
            {item.replyTo && !event.isRedacted() ? <ReplyQuote room={room} eventId={item.replyTo} onJump={context.onJump} /> : null}
            <Body item={item} />
            <span className={styles.meta}>
              {item.via ? <NetworkMark network={item.via} label={t("message.via", { network: networkLabel(room) })} /> : null}
              {edited ? <span>{edited}</span> : null}
              <time dateTime={new Date(item.time).toISOString()} title={formatFull(item.time)}>
                {time}
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
        {event.isRedacted() || (event.status && event.status !== "sent") ? null : <MessageTools item={item} context={context} />}
      </article>
    );
  },
  (before, after) => before.revision === after.revision && before.item.event === after.item.event && before.flash === after.flash && before.context === after.context,
);
