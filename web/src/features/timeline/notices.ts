// What happened to the chat itself, as one quiet sentence.
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { bridgeOf, isBot, isDirect } from "@/lib/matrix/chat";
import { t } from "@/lib/i18n";
import { localPart } from "@/lib/matrix/ids";

export function noticeOf(client: MatrixClient, room: Room, event: MatrixEvent): string | null {
  const sender = event.getSender() ?? "";
  if (isBot(client, sender) || isDirect(client, room) || bridgeOf(room)) return null;
  const own = sender === client.getUserId();
  const name = room.getMember(sender)?.rawDisplayName ?? event.sender?.rawDisplayName ?? localPart(sender);
  const content = event.getContent();
  switch (event.getType()) {
    case "m.room.create":
      return own ? t("notice.created.own") : t("notice.created", { name });
    case "m.room.name":
      if (!content.name || !event.getPrevContent().name) return null;
      return own ? t("notice.renamed.own", { title: content.name }) : t("notice.renamed", { name, title: content.name });
    case "m.room.avatar":
      return own ? t("notice.picture.own") : t("notice.picture", { name });
    case "m.room.member":
      return membership(client, room, event, name);
    default:
      return null;
  }
}

function membership(client: MatrixClient, room: Room, event: MatrixEvent, name: string): string | null {
  const target = event.getStateKey() ?? "";
  const now = event.getContent().membership as string;
  const before = event.getPrevContent().membership as string | undefined;
  if (now === before || isBot(client, target)) return null;
  const creator = room.currentState.getStateEvents("m.room.create", "")?.getSender();
  const person = (event.getContent().displayname as string | undefined) ?? room.getMember(target)?.rawDisplayName ?? localPart(target);
  if (now === "join") return target === creator ? null : t("notice.joined", { name: person });
  if (now === "invite") return event.getSender() === client.getUserId() ? t("notice.invited.own", { person }) : t("notice.invited", { name, person });
  if (now === "leave") {
    const gone = (event.getPrevContent().displayname as string | undefined) ?? person;
    return target === event.getSender() ? t("notice.left", { name: gone }) : t("notice.removed", { name, person: gone });
  }
  return null;
}
