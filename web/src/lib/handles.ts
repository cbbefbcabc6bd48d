// Numbers, addresses and names on networks: what they are, and how people write them.

export type HandleKind = "phone" | "email" | "user" | "word";

/** What somebody typed to reach a person. */
export function kindOf(typed: string): HandleKind {
  const text = typed.trim();
  if (/^(mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return "email";
  if (/^(tel:)?\+?[\d\s()/.-]{5,}$/.test(text) && text.replace(/\D/g, "").length >= 5) return "phone";
  if (/^@\S/.test(text)) return "user";
  return "word";
}

/** Numbers and addresses stand in for a name until some network knows one. */
export const isHandle = (name: string) => /^[+\d][\d\s()/.-]*$|\S@\S|^\s*$/.test(name);

/** `tel:+491701234567` is `+49 170 1234567` to people. */
export function showHandle(handle: string): string {
  const bare = handle.replace(/^(tel|mailto|xmpp|sip|c):/i, "");
  const phone = /^\+?(\d{7,15})$/.exec(bare);
  return phone && /^(tel:)?\+/.test(handle) ? showPhone(bare) : bare;
}

/** The country code by the longest prefix that exists, then groups that the eye can hold. */
function showPhone(number: string): string {
  const digits = number.replace(/\D/g, "");
  const code = /^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/.exec(digits)?.[0] ?? digits.slice(0, 3);
  const rest = digits.slice(code.length);
  if (rest.length < 5) return `+${code} ${rest}`;
  return `+${code} ${rest.slice(0, 3)} ${rest.slice(3)}`;
}
