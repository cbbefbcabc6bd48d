// What can be done with a row: read, favourite, mute, archive. All are seen by the person's other devices.
import { type EventType, type MatrixClient, ReceiptType } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { setNotificationLevel } from "@/lib/matrix/push-level";
import { toast } from "@/ui/Toast";
import { isUnread } from "./filter";
import type { ChatSummary } from "./summary";

const markType = "m.marked_unread" as EventType.Tag;

export async function markUnread(client: MatrixClient, roomId: string, unread: boolean) {
  const room = client.getRoom(roomId);
  const marked = room?.getAccountData(markType)?.getContent().unread === true;
  if (marked !== unread) await client.setRoomAccountData(roomId, markType as never, { unread } as never);
}

export async function markRead(client: MatrixClient, roomId: string) {
  const room = client.getRoom(roomId);
  const events = room?.getLiveTimeline().getEvents() ?? [];
  const last = events[events.length - 1];
  if (last?.getId() && !last.status) {
    await client.sendReadReceipt(last, ReceiptType.Read, true);
    await client.setRoomReadMarkers(roomId, last.getId()!).catch(() => undefined);
  }
  await markUnread(client, roomId, false);
}

/** Read in all its rooms; unread in the one where something was said last. */
export function toggleRead(client: MatrixClient, chat: ChatSummary) {
  if (!isUnread(chat)) return markUnread(client, chat.rooms[0] ?? chat.id, true);
  return Promise.all(chat.rooms.map((roomId) => markRead(client, roomId)));
}

function setTag(client: MatrixClient, chat: ChatSummary, tag: string, on: boolean) {
  return Promise.all(chat.rooms.map((roomId) => (on ? client.setRoomTag(roomId, tag, { order: 0.5 }) : client.deleteRoomTag(roomId, tag))));
}

export const setFavourite = (client: MatrixClient, chat: ChatSummary, on: boolean) => setTag(client, chat, "m.favourite", on);

export async function setArchived(client: MatrixClient, chat: ChatSummary, on: boolean) {
  await setTag(client, chat, "m.lowpriority", on);
  toast(t(on ? "chat.archivedNow" : "chat.unarchivedNow", { name: chat.name }), {
    action: { label: t("action.undo"), run: () => void setTag(client, chat, "m.lowpriority", !on) },
  });
}

export const setMuted = (client: MatrixClient, chat: ChatSummary, on: boolean) => Promise.all(chat.rooms.map((roomId) => setNotificationLevel(client, roomId, on ? "off" : "all")));

/** Runs an action and says so when the server did not take it. */
export function attempt(action: Promise<unknown>) {
  action.catch(() => toast(t("error.notSaved"), { tone: "red" }));
}
