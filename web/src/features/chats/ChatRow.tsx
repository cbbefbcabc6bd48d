import { AtSign, BellOff, CircleAlert, FileText, Image, Lock, MapPin, Mic, Pencil, Star, UserRound, Video } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { hashOf } from "@/app/routes";
import { language, t } from "@/lib/i18n";
import { formatFull, formatListTime } from "@/lib/i18n/format";
import { Avatar } from "@/ui/Avatar";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./ChatRow.module.css";
import { isUnread } from "./filter";
import type { PreviewKind } from "./preview";
import type { ChatSummary } from "./summary";

const icons: Partial<Record<PreviewKind, ReactNode>> = {
  image: <Image />,
  video: <Video />,
  audio: <Mic />,
  file: <FileText />,
  location: <MapPin />,
  contact: <UserRound />,
  locked: <Lock />,
};

interface ChatRowProps {
  client: MatrixClient;
  chat: ChatSummary;
  open: boolean;
  now: number;
}

export const ChatRow = memo(function ChatRow({ client, chat, open, now }: ChatRowProps) {
  const unread = isUnread(chat);
  return (
    <a
      href={hashOf({ page: "chats", id: chat.id })}
      className={styles.row}
      data-open={open || undefined}
      data-unread={unread || undefined}
      data-muted={chat.muted || undefined}
      aria-current={open ? "page" : undefined}
      draggable={false}
    >
      <Avatar
        client={client}
        seed={chat.seed}
        name={chat.name}
        mxc={chat.picture}
        square={!chat.direct}
        badge={chat.network ? <NetworkMark network={chat.network} /> : undefined}
      />
      <span className={styles.main}>
        <span className={styles.top}>
          <span className={styles.name}>{chat.name}</span>
          {chat.networks.length > 0 ? <span className="visually-hidden">, {chat.networks.map(({ name }) => name).join(", ")}</span> : null}
          {chat.favourite ? <Star className={styles.mini} aria-label={t("chat.favourite")} /> : null}
          {chat.muted ? <BellOff className={styles.mini} aria-label={t("chat.muted")} /> : null}
          <time className={styles.time} dateTime={chat.time ? new Date(chat.time).toISOString() : undefined} title={chat.time ? formatFull(chat.time) : undefined} lang={language()}>
            {formatListTime(chat.time, now)}
          </time>
        </span>
        <span className={styles.bottom}>
          <Line chat={chat} open={open} />
          <Marks chat={chat} />
        </span>
      </span>
    </a>
  );
});

function Line({ chat, open }: { chat: ChatSummary; open: boolean }) {
  if (chat.invited) return <span className={`${styles.text} ${styles.invite}`}>{t("chat.invited")}</span>;
  if (chat.draft && !open) {
    return (
      <span className={styles.text}>
        <span className={styles.draft}>
          <Pencil /> {t("chat.draft")}
        </span>{" "}
        {chat.draft}
      </span>
    );
  }
  if (!chat.preview) return <span className={styles.text}>{t(chat.direct ? "chat.new" : "chat.newGroup")}</span>;
  const who = chat.sender ? (chat.sender.own ? t("chat.you") : chat.sender.name.split(" ")[0]) : "";
  return (
    <span className={styles.text}>
      {who ? <span className={styles.who}>{who}: </span> : null}
      {icons[chat.preview.kind] ?? null}
      {chat.preview.text}
    </span>
  );
}

function Marks({ chat }: { chat: ChatSummary }) {
  return (
    <>
      {chat.failed ? <CircleAlert className={styles.failed} aria-label={t("fate.failed")} /> : null}
      {chat.mentions > 0 ? (
        <span className={styles.mention} role="img" aria-label={t("chat.mentions", { n: chat.mentions })}>
          <AtSign />
        </span>
      ) : null}
      {chat.unread > 0 ? (
        <span className={styles.count}>
          {chat.unread > 99 ? "99+" : chat.unread}
          <span className="visually-hidden"> {t("chat.unread", { n: chat.unread })}</span>
        </span>
      ) : chat.markedUnread ? (
        <span className={styles.dot} role="img" aria-label={t("chat.markedUnread")} />
      ) : null}
    </>
  );
}
