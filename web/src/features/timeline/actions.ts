// What can be done with a message.
import { EventStatus, EventType, type MatrixClient, type MatrixEvent, RelationType } from "matrix-js-sdk/lib/matrix";
import type { Api } from "@/lib/api/client";
import { t } from "@/lib/i18n";
import { toast } from "@/ui/Toast";
import type { MessageItem } from "./model";

export async function react(client: MatrixClient, roomId: string, item: MessageItem, key: string) {
  const own = item.reactions.find((reaction) => reaction.key === key)?.own;
  try {
    if (own) await client.redactEvent(roomId, own.getId()!);
    else await client.sendEvent(roomId, EventType.Reaction, { "m.relates_to": { rel_type: RelationType.Annotation, event_id: item.id, key } });
  } catch {
    toast(t("error.notSaved"), { tone: "red" });
  }
}

export async function remove(client: MatrixClient, roomId: string, event: MatrixEvent) {
  try {
    if (event.status === EventStatus.NOT_SENT) client.cancelPendingEvent(event);
    else await client.redactEvent(roomId, event.getId()!);
  } catch {
    toast(t("message.deleteFailed"), { tone: "red" });
  }
}

/** Sends a failed message again: from here, or by the server that has it already. */
export async function resend(client: MatrixClient, api: Api, roomId: string, item: MessageItem) {
  const room = client.getRoom(roomId);
  try {
    if (item.fate?.retry === "server") await api.retry(roomId, item.id);
    else if (room) await client.resendEvent(item.event, room);
  } catch {
    toast(t("message.resendFailed"), { tone: "red" });
  }
}

export function copyText(item: MessageItem) {
  const body = item.event.getContent().body;
  if (typeof body !== "string") return;
  navigator.clipboard.writeText(body).then(
    () => toast(t("action.copied")),
    () => undefined,
  );
}
