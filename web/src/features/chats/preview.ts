// One line that says what an event is: for the list, quotes, and notifications.
import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";

export type PreviewKind = "text" | "image" | "video" | "audio" | "file" | "location" | "contact" | "locked" | "deleted" | "info";

export interface Preview {
  kind: PreviewKind;
  text: string;
}

export function isMessage(event: MatrixEvent): boolean {
  const type = event.getType();
  if (event.isRelation("m.replace")) return false;
  if (type === "m.room.encrypted") return !event.isRelation("m.reference");
  return type === "m.room.message" || type === "m.sticker";
}

export function previewOf(event: MatrixEvent): Preview {
  if (event.isRedacted()) return { kind: "deleted", text: t("message.deleted") };
  if (event.isDecryptionFailure()) return { kind: "locked", text: t("message.locked.short") };
  if (event.getType() === "m.room.encrypted") return { kind: "locked", text: t("message.decrypting") };
  const content = event.getContent();
  const body = typeof content.body === "string" ? content.body : "";
  const caption = typeof content.filename === "string" && content.filename !== body ? body : "";
  switch (content.msgtype) {
    case "m.image":
      return { kind: "image", text: caption || t("message.image") };
    case "m.video":
      return { kind: "video", text: caption || t("message.video") };
    case "m.audio":
      return { kind: "audio", text: caption || t(content["org.matrix.msc3245.voice"] ? "message.voice" : "message.audio") };
    case "m.file":
      if (/\.vcf$/i.test(body)) return { kind: "contact", text: body.replace(/\.vcf$/i, "") };
      return { kind: "file", text: caption || body || t("message.file") };
    case "m.location":
      return { kind: "location", text: body && !/^geo:/i.test(body) ? body : t("message.location") };
    default:
      break;
  }
  if (event.getType() === "m.sticker") return { kind: "image", text: t("message.image") };
  const subject = subjectOf(content);
  const plain = stripReply(body).replace(/\s+/g, " ").trim();
  return { kind: "text", text: plain || subject || t("message.empty") };
}

export function subjectOf(content: Record<string, unknown>): string {
  const mail = content["org.unisono.email"] as { subject?: string } | undefined;
  return mail?.subject?.trim() ?? "";
}

/** Old clients put the quoted message in front of the text, each line marked with `> `. */
export function stripReply(body: string): string {
  if (!body.startsWith("> <")) return body;
  const lines = body.split("\n");
  let at = 0;
  while (at < lines.length && lines[at]!.startsWith("> ")) at += 1;
  return lines.slice(lines[at] === "" ? at + 1 : at).join("\n");
}
