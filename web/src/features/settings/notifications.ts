// The count in the page's title, and the system's notifications while nobody looks at the page.
import { useEffect, useRef } from "react";
import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix";
import { go } from "@/app/routes";
import { isUnread } from "@/features/chats/filter";
import { isMessage, previewOf } from "@/features/chats/preview";
import { useChats } from "@/features/chats/useChats";
import { chatName } from "@/lib/matrix/chat";
import { conversationKey } from "@/lib/matrix/conversation";
import { useUnisono } from "@/lib/matrix/context";

const key = "unisono.notify";

export const notificationsWanted = () => localStorage.getItem(key) === "on" && "Notification" in window && Notification.permission === "granted";

export async function wantNotifications(on: boolean): Promise<boolean> {
  if (!on || !("Notification" in window)) {
    localStorage.removeItem(key);
    return false;
  }
  const granted = (await Notification.requestPermission()) === "granted";
  if (granted) localStorage.setItem(key, "on");
  return granted;
}

/** The open conversation may show several rooms as one. */
function isShown(client: MatrixClient, room: Room, openId: string | null): boolean {
  const open = openId ? client.getRoom(openId) : null;
  return open !== null && conversationKey(client, open) === conversationKey(client, room);
}

export function useNotifications(openId: string | null) {
  const { client, userId } = useUnisono();
  const unread = useChats().filter((chat) => isUnread(chat) && !chat.archived && !chat.muted).length;
  const open = useRef(openId);
  open.current = openId;

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Unisono` : "Unisono";
  }, [unread]);

  useEffect(() => {
    const started = Date.now();
    const shown = new Set<string>();
    const tell = (event: MatrixEvent, room: Room | undefined | null) => {
      const id = event.getId();
      if (!room || !id || shown.has(id) || !isMessage(event) || event.getSender() === userId || event.getTs() < started - 60_000) return;
      if (event.isBeingDecrypted() || event.shouldAttemptDecryption()) return;
      if (!notificationsWanted() || (document.hasFocus() && isShown(client, room, open.current))) return;
      if (!client.getPushActionsForEvent(event)?.notify) return;
      shown.add(id);
      const note = new Notification(chatName(client, room), { body: previewOf(event).text, tag: room.roomId, icon: "/icon.svg" });
      note.onclick = () => {
        window.focus();
        go("chats", room.roomId);
        note.close();
      };
    };
    const onTimeline = (event: MatrixEvent, room: Room | undefined, toStart: boolean | undefined, removed: boolean, data: { liveEvent?: boolean }) => {
      if (!toStart && !removed && data.liveEvent) tell(event, room);
    };
    const onDecrypted = (event: MatrixEvent) => tell(event, client.getRoom(event.getRoomId()));
    client.on(RoomEvent.Timeline, onTimeline);
    client.on(MatrixEventEvent.Decrypted, onDecrypted);
    return () => {
      client.off(RoomEvent.Timeline, onTimeline);
      client.off(MatrixEventEvent.Decrypted, onDecrypted);
    };
  }, [client, userId]);
}
