// The catalogue's order, and what a network's abilities mean in words.
import type { Capabilities, Channel } from "@/lib/api/types";
import { type Key, pick, t } from "@/lib/i18n";

export type Group = "mail" | "messengers" | "business" | "open" | "own";

const order: Record<Group, string[]> = {
  mail: ["email", "sms", "seven", "sevenio", "twilio", "rcs", "smpp"],
  messengers: ["whatsapp", "telegram", "signal", "threema", "messenger", "instagram", "line"],
  business: ["livechat", "slack", "discord"],
  open: ["xmpp", "irc"],
  own: ["mqtt", "generic", "api"],
};

const titles: Record<Group, Key> = {
  mail: "networks.mail",
  messengers: "networks.messengers",
  business: "networks.business",
  open: "networks.open",
  own: "networks.own",
};

function groupOf(id: string): Group {
  const found = (Object.keys(order) as Group[]).find((group) => order[group].includes(id));
  return found ?? "own";
}

const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function fits(query: string, ...texts: string[]): boolean {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const haystack = fold(texts.join(" "));
  return words.every((word) => haystack.includes(word));
}

/** The networks that fit what is looked for, in groups, the usual ones first. */
export function grouped(channels: readonly Channel[], query: string): { id: Group; title: string; channels: Channel[] }[] {
  return (Object.keys(order) as Group[]).flatMap((group) => {
    const place = (channel: Channel) => (order[group].indexOf(channel.id) + order[group].length + 1) % (order[group].length + 1);
    const inside = channels
      .filter((channel) => groupOf(channel.id) === group && fits(query, pick(channel.name), channel.id, pick(channel.summary), t(titles[group])))
      .sort((a, b) => place(a) - place(b) || pick(a.name).localeCompare(pick(b.name)));
    return inside.length > 0 ? [{ id: group, title: t(titles[group]), channels: inside }] : [];
  });
}

export type Degree = "full" | "degraded" | "none";

/** What works on a network, and what only in a simpler form or not at all. */
export function abilities(able: Capabilities): { key: Key; degree: Degree }[] {
  const part = (...kinds: string[]): Degree => (kinds.some((kind) => able.parts.includes(kind)) ? "full" : "none");
  const flag = (value: boolean): Degree => (value ? "full" : "none");
  const level = (support: Capabilities["reply"]): Degree => (support === "rejected" ? "none" : support);
  return [
    { key: "able.text", degree: "full" },
    { key: "able.formatting", degree: flag(able.formatting !== "plain") },
    { key: "able.pictures", degree: part("image") },
    { key: "able.voice", degree: part("voice", "audio") },
    { key: "able.video", degree: part("video") },
    { key: "able.files", degree: part("file") },
    { key: "able.location", degree: part("location") },
    { key: "able.contact", degree: part("contact") },
    { key: "able.cards", degree: part("card") },
    { key: "able.replies", degree: level(able.reply) },
    { key: "able.edits", degree: level(able.edit) },
    { key: "able.deletions", degree: level(able.delete) },
    { key: "able.reactions", degree: level(able.reaction) },
    { key: "able.typing", degree: flag(able.typing) },
    { key: "able.delivered", degree: flag(able.delivery_receipts) },
    { key: "able.read", degree: flag(able.read_receipts) },
    { key: "able.groups", degree: flag(able.groups) },
    { key: "able.startChat", degree: flag(able.start_chat) },
    { key: "able.history", degree: flag(able.history) },
  ];
}
