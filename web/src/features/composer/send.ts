// Makes message content of what was typed.
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";

export function textContent(text: string, replyTo?: string): Record<string, unknown> {
  return {
    msgtype: "m.text",
    body: text,
    ...(replyTo ? { "m.relates_to": { "m.in_reply_to": { event_id: replyTo } } } : {}),
  };
}

export function editContent(text: string, target: string): Record<string, unknown> {
  return {
    msgtype: "m.text",
    body: `* ${text}`,
    "m.new_content": { msgtype: "m.text", body: text },
    "m.relates_to": { rel_type: "m.replace", event_id: target },
  };
}

/** The local echo shows the message at once; a failure is shown on the message itself. */
export function sendText(client: MatrixClient, roomId: string, text: string, replyTo?: string) {
  client.sendMessage(roomId, textContent(text, replyTo) as never).catch(() => undefined);
}

export function sendEdit(client: MatrixClient, roomId: string, text: string, target: string) {
  client.sendMessage(roomId, editContent(text, target) as never).catch(() => undefined);
}

/** Cuts a text that is longer than the network takes, at the ends of lines or words. */
export function split(text: string, longest: number | null | undefined): string[] {
  const chars = [...text];
  if (!longest || chars.length <= longest) return [text];
  const head = chars.slice(0, longest).join("");
  const cut = Math.max(head.lastIndexOf("\n"), head.lastIndexOf(" "));
  const at = cut > longest / 2 ? cut : head.length;
  return [text.slice(0, at).trimEnd(), ...split(text.slice(at).trimStart(), longest)];
}
