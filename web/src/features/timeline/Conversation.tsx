import { ArrowLeft, PanelRight } from "lucide-react";
import { type DragEvent, useCallback, useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { back } from "@/app/routes";
import { subjectOf } from "@/features/chats/preview";
import { Composer, type ComposerMode } from "@/features/composer/Composer";
import { readDraft } from "@/features/composer/drafts";
import { t } from "@/lib/i18n";
import { bridgeOf, capabilitiesOf, chatName, chatPicture, chatSeed, isDirect } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { useVersion } from "@/lib/matrix/observe";
import { Avatar } from "@/ui/Avatar";
import { IconButton } from "@/ui/Button";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./Conversation.module.css";
import { InvitationCard } from "./InvitationCard";
import { MessageInfo } from "./MessageInfo";
import { OriginalMail } from "./OriginalMail";
import { PrivacyLine } from "./PrivacyLine";
import { Timeline } from "./Timeline";
import { Viewer } from "./Viewer";

interface ConversationProps {
  room: Room;
  details: boolean;
  onDetails: () => void;
}

export function Conversation({ room, details, onDetails }: ConversationProps) {
  const { changes } = useUnisono();
  useVersion(changes, room.roomId);
  const [mode, setMode] = useState<ComposerMode>(() => ({ replyTo: readDraft(room.roomId)?.replyTo ?? null, editing: null }));
  const [files, setFiles] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const [info, setInfo] = useState<string | null>(null);
  const onReply = useCallback((id: string) => setMode({ replyTo: id, editing: null }), []);
  const onEdit = useCallback((id: string) => setMode({ replyTo: null, editing: id }), []);

  useEffect(() => {
    const reply = () => {
      const events = room.getLiveTimeline().getEvents();
      const last = [...events].reverse().find((event) => event.getType().startsWith("m.room.m") || event.getType() === "m.room.encrypted");
      if (last?.getId()) onReply(last.getId()!);
    };
    window.addEventListener("unisono:reply", reply);
    return () => window.removeEventListener("unisono:reply", reply);
  }, [room, onReply]);

  if (room.getMyMembership() === "invite") {
    return (
      <section className={styles.conversation} aria-label={t("conversation.label")}>
        <Header room={room} details={details} onDetails={onDetails} />
        <InvitationCard room={room} />
      </section>
    );
  }

  const takesFiles = capabilitiesOf(room)?.parts?.length !== 0;
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (takesFiles) setFiles([...event.dataTransfer.files]);
  };

  return (
    <section
      className={styles.conversation}
      aria-label={t("conversation.label")}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={drop}
    >
      <Header room={room} details={details} onDetails={onDetails} />
      <Timeline room={room} onReply={onReply} onEdit={onEdit} onInfo={setInfo} />
      <Composer room={room} mode={mode} onMode={setMode} files={files} onFiles={setFiles} />
      {over ? (
        <div className={styles.drop} aria-hidden="true">
          <span>{t(takesFiles ? "composer.drop" : "composer.noFiles")}</span>
        </div>
      ) : null}
      <Viewer room={room} />
      <OriginalMail room={room} />
      <MessageInfo room={room} eventId={info} onClose={() => setInfo(null)} />
    </section>
  );
}

function Header({ room, details, onDetails }: ConversationProps) {
  const { client } = useUnisono();
  const bridge = bridgeOf(room);
  const name = chatName(client, room);
  const subject = bridge?.network === "email" ? latestSubject(room) : "";
  return (
    <header className={styles.header}>
      <IconButton label={t("action.back")} className={styles.back} onClick={() => back("chats")}>
        <ArrowLeft />
      </IconButton>
      <div className={styles.who}>
        <button type="button" className={styles.cover} onClick={onDetails} aria-label={t("details.open", { name })} />
        <Avatar
          client={client}
          seed={chatSeed(client, room)}
          name={name}
          mxc={chatPicture(client, room)}
          size={40}
          square={!isDirect(client, room)}
          badge={bridge ? <NetworkMark network={bridge.network} /> : undefined}
        />
        <span className={styles.names}>
          <span className={styles.title}>
            <h2>{name}</h2>
            {subject && subject !== name ? <span className={styles.subject}>{subject}</span> : null}
          </span>
          <PrivacyLine room={room} />
        </span>
      </div>
      <IconButton label={t("details.title")} active={details} onClick={onDetails} aria-pressed={details}>
        <PanelRight />
      </IconButton>
    </header>
  );
}

function latestSubject(room: Room): string {
  const events = room.getLiveTimeline().getEvents();
  for (let index = events.length - 1; index >= 0; index -= 1) {
    const subject = subjectOf(events[index]!.getContent());
    if (subject) return subject.replace(/^((re|aw|fwd?|wg):\s*)+/i, "");
  }
  return "";
}
