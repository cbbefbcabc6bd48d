// What networks are called in the person's language; chats themselves carry only an English name.
import type { Text } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";

const names = new Map<string, Text>();

export function learnNames(channels: readonly { id: string; name: Text }[]) {
  channels.forEach(({ id, name }) => names.set(id, name));
}

export function networkName(id: string, fallback: string | undefined): string {
  if (id === "email") return t("network.email");
  return pick(names.get(id)) || fallback || id;
}
