import { SendHorizontal, Smile } from "lucide-react";
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { bridgeOf, capabilitiesOf, networkLabel } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { IconButton } from "@/ui/Button";
import { EmojiPopover } from "@/ui/EmojiPopover";
import { Tip } from "@/ui/Tip";
import { AttachDialog } from "./AttachDialog";
import { AttachMenu } from "./AttachMenu";
import styles from "./Composer.module.css";
import { readDraft, writeDraft } from "./drafts";
import { type ComposerMode, ModeLine, plainMode } from "./ModeLine";
import { sendEdit, sendText, split } from "./send";
import { useTyping } from "./useTyping";
import { useReplyWindow } from "./window";
import { WindowLine } from "./WindowLine";

interface ComposerProps {
  room: Room;
  mode: ComposerMode;
  onMode: (mode: ComposerMode) => void;
  files: File[];
  onFiles: (files: File[]) => void;
  /** By which network it goes, where there is a choice. */
  ways: ReactNode;
  /** Another way is just being opened: what is written waits for it. */
  waiting: boolean;
}

export function Composer({ room, mode, onMode, files, onFiles, ways, waiting }: ComposerProps) {
  const { client, changes, userId } = useUnisono();
  const [text, setText] = useState(() => readDraft(room.roomId)?.text ?? "");
  const [picking, setPicking] = useState(false);
  const [adding, setAdding] = useState<"location" | "contact" | "template" | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const replyWindow = useReplyWindow(room, userId);
  const typing = useTyping(room, text);
  const capabilities = capabilitiesOf(room);
  const mail = bridgeOf(room)?.network === "email";
  const noFiles = capabilities?.parts !== undefined && capabilities.parts.length === 0;
  const closed = replyWindow.state === "closed" && !mode.editing;

  const change = useCallback(
    (next: string) => {
      setText(next);
      if (!mode.editing) {
        writeDraft(room.roomId, { text: next, replyTo: mode.replyTo ?? undefined });
        changes.touch(room.roomId);
      }
    },
    [room.roomId, mode, changes],
  );

  // Starting to edit brings the old text; ending brings the draft back.
  useEffect(() => {
    if (mode.editing) {
      const body = room.findEventById(mode.editing)?.getContent().body;
      setText(typeof body === "string" ? body : "");
    } else {
      setText(readDraft(room.roomId)?.text ?? "");
    }
    if (mode.editing || mode.replyTo) area.current?.focus();
  }, [mode.editing, mode.replyTo, room]);

  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 240)}px`;
  }, [text]);

  useEffect(() => {
    if (window.matchMedia("(hover: hover)").matches) area.current?.focus();
  }, [room]);

  function send() {
    const ready = text.trim();
    if (!ready || waiting) return;
    if (mode.editing) sendEdit(client, room.roomId, ready, mode.editing);
    else split(ready, capabilities?.max_text).forEach((part, index) => sendText(client, room.roomId, part, index === 0 ? (mode.replyTo ?? undefined) : undefined));
    typing.stop();
    if (!mode.editing) writeDraft(room.roomId, null);
    setText("");
    onMode(plainMode);
    window.dispatchEvent(new CustomEvent("unisono:sent"));
    area.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      const command = event.ctrlKey || event.metaKey;
      // A mail has paragraphs: Enter makes one. A chat line ends with Enter.
      if (command || (!mail && !event.shiftKey && window.matchMedia("(hover: hover)").matches)) {
        event.preventDefault();
        send();
      }
    } else if (event.key === "Escape" && (mode.replyTo || mode.editing)) {
      event.stopPropagation();
      onMode(plainMode);
    } else if (event.key === "ArrowUp" && !text && !mode.editing && capabilities?.edit !== "rejected") {
      const last = [...room.getLiveTimeline().getEvents()].reverse().find((candidate) => candidate.getSender() === client.getUserId() && candidate.getContent().msgtype === "m.text" && !candidate.isRedacted() && !candidate.isRelation("m.replace"));
      if (last) {
        event.preventDefault();
        onMode({ replyTo: null, editing: last.getId()! });
      }
    }
  }

  function onPaste(event: ClipboardEvent) {
    const pasted = [...event.clipboardData.files];
    if (pasted.length > 0 && !noFiles) {
      event.preventDefault();
      onFiles(pasted);
    }
  }

  function insert(sign: string) {
    const box = area.current;
    const at = box?.selectionStart ?? text.length;
    change(text.slice(0, at) + sign + text.slice(box?.selectionEnd ?? at));
    requestAnimationFrame(() => box?.setSelectionRange(at + sign.length, at + sign.length));
  }

  return (
    <div className={styles.composer}>
      {ways}
      <WindowLine window={replyWindow} length={capabilities?.reply_window ?? 0} network={networkLabel(room)} templates={capabilities?.templates === true} onTemplates={() => setAdding("template")} />
      <ModeLine room={room} mode={mode} onCancel={() => onMode(plainMode)} />
      <div className={styles.bar} hidden={closed}>
        <AttachMenu room={room} disabled={mode.editing !== null} closed={closed} open={adding} onOpen={setAdding} onFiles={onFiles} />
        <textarea
          ref={area}
          rows={1}
          value={text}
          dir="auto"
          className={styles.text}
          placeholder={t(mail ? "composer.mail" : "composer.message")}
          aria-label={t(mail ? "composer.mail" : "composer.message")}
          onChange={(event) => {
            change(event.target.value);
            if (capabilities?.typing !== false) typing.note();
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={typing.stop}
        />
        <EmojiPopover open={picking} onOpen={setPicking} onPick={insert} keepOpen>
          <IconButton label={t("emoji.title")} side="top">
            <Smile />
          </IconButton>
        </EmojiPopover>
        <Tip text={t("composer.send")} keys={mail ? t("keys.ctrlEnter") : t("keys.enter")} side="top">
          <button type="button" className={styles.send} onClick={send} disabled={!text.trim() || waiting} aria-busy={waiting} aria-label={t("composer.send")}>
            <SendHorizontal />
          </button>
        </Tip>
      </div>
      <AttachDialog room={room} files={files} replyTo={mode.replyTo} onClose={() => onFiles([])} onSent={() => onMode(plainMode)} />
    </div>
  );
}
