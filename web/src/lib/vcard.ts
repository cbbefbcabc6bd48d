// Contact cards (vCard, RFC 6350 and the older 3.0 and 2.1 that phones still send): the few lines that matter.

export interface Card {
  name: string;
  organisation: string;
  phones: string[];
  emails: string[];
}

const unescape = (value: string) => value.replace(/\\([nN,;\\])/g, (_, sign: string) => (/n/i.test(sign) ? "\n" : sign));

function quotedPrintable(value: string): string {
  const bytes = value.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch {
    return bytes;
  }
}

/** The first card of a file; `null` when there is none. */
export function readCard(text: string): Card | null {
  if (!/BEGIN:VCARD/i.test(text)) return null;
  const lines = text.slice(0, 200_000).replace(/=\r?\n/g, "").replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  const card: Card = { name: "", organisation: "", phones: [], emails: [] };
  let formatted = "";
  for (const line of lines) {
    if (/^END:VCARD/i.test(line)) break;
    const match = /^(?:[\w-]+\.)?([A-Z-]+)((?:;[^:]*)?):(.*)$/i.exec(line);
    if (!match) continue;
    const [, key, options, raw] = match as unknown as [string, string, string, string];
    const plain = /ENCODING=QUOTED-PRINTABLE|;QUOTED-PRINTABLE/i.test(options) ? quotedPrintable(raw) : raw;
    const value = unescape(plain).trim();
    if (!value) continue;
    switch (key.toUpperCase()) {
      case "FN":
        formatted = value;
        break;
      case "N":
        card.name ||= plain.split(";").slice(0, 2).reverse().map(unescape).join(" ").trim();
        break;
      case "ORG":
        card.organisation ||= value.replaceAll(";", ", ").replace(/(, )+$/, "");
        break;
      case "TEL":
        card.phones.push(value.replace(/^tel:/i, ""));
        break;
      case "EMAIL":
        card.emails.push(value.replace(/^mailto:/i, ""));
        break;
      default:
        break;
    }
  }
  return { ...card, name: formatted || card.name };
}

const escape = (value: string) => value.replace(/([\\,;])/g, "\\$1").replace(/\r?\n/g, "\\n");

export function writeCard({ name, organisation, phones, emails }: Card): string {
  const lines = [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `FN:${escape(name)}`,
    `N:${escape(name)};;;;`,
    ...(organisation ? [`ORG:${escape(organisation)}`] : []),
    ...phones.map((phone) => `TEL:${phone}`),
    ...emails.map((email) => `EMAIL:${escape(email)}`),
    "END:VCARD",
  ];
  return `${lines.join("\r\n")}\r\n`;
}
