import { ArrowLeft, PanelRight } from "lucide-react";
import { type DragEvent, useCallback, useEffect, useMemo, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { back } from "@/app/routes";
import { isMessage, subjectOf } from "@/features/chats/preview";
import { Composer } from "@/features/composer/Composer";
import { readDraft } from "@/features/composer/drafts";
import { type ComposerMode, plainMode } from "@/features/composer/ModeLine";
import { useWays } from "@/features/composer/ways";
import { WayPicker } from "@/features/composer/WayPicker";
import { t } from "@/lib/i18n";
import { bridgeOf, capabilitiesOf, chatPicture, chatSeed, isDirect } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { type Conversation as Chat, conversationName, findEvent, isMixed, networkOf } from "@/lib/matrix/conversation";
import { useVersions } from "@/lib/matrix/observe";
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
  chat: Chat;
  details: boolean;
  onDetails: () => void;
}

export function Conversation({ chat, details, onDetails }: ConversationProps) {
  const { changes } = useUnisono();
  const ids = chat.rooms.map(({ roomId }) => roomId).join();
  // The same rooms are the same list, so that nothing below begins anew with each event.
  const rooms = useMemo(() => chat.rooms, [ids]);
  const version = useVersions(
    changes,
    useMemo(() => rooms.map(({ roomId }) => roomId), [rooms]),
  );
  const { room, choices, choose, busy, follow } = useWays(rooms);
  const [mode, setMode] = useState<ComposerMode>(() => ({ replyTo: readDraft(room.roomId)?.replyTo ?? null, editing: null }));
  const [files, setFiles] = useState<File[]>([]);
  const [over, setOver] = useState(false);
  const [info, setInfo] = useState<string | null>(null);

  /** A message is answered and changed where it was said. */
  const turnTo = useCallback(
    (id: string, next: ComposerMode) => {
      const choice = choices.find((candidate) => candidate.room?.roomId === findEvent(rooms, id)?.room.roomId);
      if (choice?.room && choice.room !== room) void choose(choice);
      setMode(next);
    },
    [choices, choose, room, rooms],
  );
  const onReply = useCallback((id: string) => turnTo(id, { replyTo: id, editing: null }), [turnTo]);
  const onEdit = useCallback((id: string) => turnTo(id, { replyTo: null, editing: id }), [turnTo]);

  useEffect(() => {
    if (!mode.editing && !mode.replyTo) follow();
  }, [version, follow, mode]);

  useEffect(() => {
    const reply = () => {
      const events = rooms.flatMap((one) => one.getLiveTimeline().getEvents().filter(isMessage));
      const last = events.sort((a, b) => a.getTs() - b.getTs()).at(-1);
      if (last?.getId()) onReply(last.getId()!);
    };
    window.addEventListener("unisono:reply", reply);
    return () => window.removeEventListener("unisono:reply", reply);
  }, [rooms, onReply]);

  const header = <Header rooms={rooms} room={room} details={details} onDetails={onDetails} />;
  if (room.getMyMembership() === "invite") {
    return (
      <section className={styles.conversation} aria-label={t("conversation.label")}>
        {header}
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
      {header}
      <Timeline id={chat.key} rooms={rooms} onReply={onReply} onEdit={onEdit} onInfo={setInfo} />
      <Composer
        key={room.roomId}
        room={room}
        mode={findEvent([room], mode.editing ?? mode.replyTo) ? mode : plainMode}
        onMode={setMode}
        files={files}
        onFiles={setFiles}
        waiting={busy}
        ways={
          <WayPicker
            choices={choices}
            activeRoom={room.roomId}
            busy={busy}
            onChoose={(choice) => {
              setMode(plainMode);
              void choose(choice);
            }}
          />
        }
      />
      {over ? (
        <div className={styles.drop} aria-hidden="true">
          <span>{t(takesFiles ? "composer.drop" : "composer.noFiles")}</span>
        </div>
      ) : null}
      <Viewer rooms={rooms} />
      <OriginalMail rooms={rooms} />
      <MessageInfo rooms={rooms} eventId={info} onClose={() => setInfo(null)} />
    </section>
  );
}

interface HeaderProps {
  rooms: readonly Room[];
  /** The one that is written to. */
  room: Room;
  details: boolean;
  onDetails: () => void;
}

function Header({ rooms, room, details, onDetails }: HeaderProps) {
  const { client } = useUnisono();
  const bridge = bridgeOf(room);
  const mixed = isMixed(rooms);
  const name = conversationName(client, rooms);
  const picture = rooms.map((one) => chatPicture(client, one)).find(Boolean) ?? null;
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
          seed={chatSeed(client, rooms[0]!)}
          name={name}
          mxc={picture}
          size={40}
          square={!isDirect(client, room)}
          badge={bridge || mixed ? <NetworkMark network={networkOf(room)} /> : undefined}
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
