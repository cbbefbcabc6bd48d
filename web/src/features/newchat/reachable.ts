// Which accounts can start a chat with what was typed.
import type { Account, Channel } from "@/lib/api/types";
import { type HandleKind, kindOf } from "@/lib/handles";

/** What a network knows people by. A network that is not named here is asked with anything. */
const takes: Record<string, HandleKind[]> = {
  email: ["email"],
  sms: ["phone"],
  seven: ["phone"],
  twilio: ["phone"],
  smpp: ["phone"],
  rcs: ["phone"],
  whatsapp: ["phone"],
  signal: ["phone", "user"],
  telegram: ["user", "word"],
  threema: ["word", "user", "phone", "email"],
  xmpp: ["email"],
  irc: ["word", "user"],
  slack: ["user", "word", "email"],
  discord: ["user", "word"],
  line: ["word"],
  mqtt: ["word"],
};

const isThreemaId = (typed: string) => /^[A-Z0-9*][A-Z0-9]{7}$/i.test(typed);

export interface Reachable {
  account: Account;
  channel: Channel;
}

export function reachableBy(typed: string, accounts: readonly Account[], channels: readonly Channel[]): Reachable[] {
  const text = typed.trim();
  if (!text) return [];
  const kind = kindOf(text);
  return accounts.flatMap((account) => {
    const channel = channels.find(({ id }) => id === account.channel);
    if (!channel?.capabilities.start_chat || account.state.state === "logged_out") return [];
    const kinds = takes[channel.id];
    if (kinds && !kinds.includes(kind)) return [];
    // A name has blanks, an id has none.
    if (kinds && kind === "word" && (/\s/.test(text) || (channel.id === "threema" && !isThreemaId(text)))) return [];
    return [{ account, channel }];
  });
}
