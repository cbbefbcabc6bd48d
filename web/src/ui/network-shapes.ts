// Marks of the networks: drawn by ourselves on 20 by 20 units, one line and one colour each, simple enough
// for 16 pixels. None is a copy of a vendor's logo.

export interface Shape {
  path: string;
  /** Dark enough for a white drawing on it. */
  colour: string;
}

const bubble = "M3 5h14v8H9l-3.500 3v-3H3z";
const hash = "M8 4L6.500 16M13.500 4L12 16M4.500 8h12M3.500 12h12";

export const shapes: Record<string, Shape> = {
  email: { colour: "#b0552a", path: "M3 6h14v9H3zM3 6.500l7 5.500 7-5.500" },
  telegram: { colour: "#2377ad", path: "M3 10l14-6-2.500 12-4.500-3.500L8 15l-.500-4L14 6.500" },
  whatsapp: { colour: "#1b7f4b", path: "M4 16l1-3.200A6.500 6.500 0 1 1 7.500 15.300zM8 8c.2 2.200 1.800 3.800 4 4" },
  messenger: { colour: "#2b62d1", path: "M10 3.500c-4 0-7 2.700-7 6.200 0 2 .9 3.700 2.400 4.900V17l2.300-1.300c4.600 1.200 9.300-1.500 9.300-6 0-3.500-3-6.200-7-6.200zM6.300 10c1.200-1.600 2.500-1.600 3.700 0s2.500 1.600 3.700 0" },
  instagram: { colour: "#a8386f", path: "M3 6.500h3l1.500-2h5l1.500 2h3v9H3zM10 13.500a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200z" },
  signal: { colour: "#3a63c4", path: "M10 4a6 6 0 1 1-3 11.200L4 16l.800-3A6 6 0 0 1 10 4z" },
  threema: { colour: "#27704a", path: "M10 3c3.600 0 6.500 2.200 6.500 5s-2.900 5-6.500 5c-.9 0-1.700-.1-2.500-.400L4.200 13.800l.9-2.700A4.500 4.500 0 0 1 3.500 8C3.500 5.200 6.400 3 10 3zM6 17h.01M10 17h.01M14 17h.01" },
  line: { colour: "#17803a", path: "M10 3.500c4 0 7 2.500 7 5.700 0 2.900-3.300 5-7 7.800v-2.200c-4 0-7-2.500-7-5.600s3-5.700 7-5.700zM7 8h6M7 10.800h4" },
  sms: { colour: "#5b56a8", path: `${bubble}M7 9h.01M10 9h.01M13 9h.01` },
  rcs: { colour: "#3d5fb0", path: `${bubble}M6.500 8h7M6.500 10.500h4` },
  seven: { colour: "#2f7a68", path: `${bubble}M8 7.300h4L9.700 11` },
  twilio: { colour: "#b8303f", path: `${bubble}M6.500 8.200h4.500M9.500 6.800L11 8.200 9.500 9.600M13.500 11H9` },
  smpp: { colour: "#66568c", path: "M10 9v8M7 17h6M7.500 6.500a3.500 3.500 0 0 0 0 5M12.500 6.500a3.500 3.500 0 0 1 0 5M5 4a7 7 0 0 0 0 10M15 4a7 7 0 0 1 0 10" },
  livechat: { colour: "#0f6b6b", path: "M3 4h14v12H3zM3 7h14M7 10h6v3h-2.500L9 14.300V13H7z" },
  slack: { colour: "#6b3a6e", path: "M8 4v4H4M12 16v-4h4M16 8h-4V4M4 12h4v4" },
  discord: { colour: "#5058c0", path: "M4.500 12V9.500a5.500 5.500 0 0 1 11 0V12M4.500 11h2v4.500h-2zM13.500 11h2v4.500h-2zM15.500 15.500c-1 1.300-2.500 1.500-4 1.500" },
  xmpp: { colour: "#1f6d8c", path: "M4 5c1 5 4 8 8 10M16 5c-1 5-4 8-8 10" },
  irc: { colour: "#5f6470", path: hash },
  mqtt: { colour: "#7a4b8f", path: "M6 6h8v8H6zM8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3" },
  generic: { colour: "#4b6a66", path: "M7.500 4C5 4 6.800 9 4.500 10c2.300 1 .5 6 3 6M12.500 4c2.500 0 .7 5 3 6-2.300 1-.5 6-3 6" },
  phone: { colour: "#2e7a55", path: "M5 4l3 .500.800 3L7 9a8 8 0 0 0 4 4l1.500-1.800 3 .800.500 3A11 11 0 0 1 5 4z" },
  fax: { colour: "#6a5b4d", path: "M6 8V3.500h8V8M4 8h12v6h-2v-2.500H6V14H4zM6 11.500h8v5H6z" },
  /** A chat of this server itself: the two voices of our own mark. */
  native: { colour: "#0f6b6b", path: "M5.500 5v4.500a4.500 4.500 0 0 0 9 0V5M10 6h.01" },
  other: { colour: "#5a6b68", path: "M7 10a3 3 0 0 1 3-3h3.500a3 3 0 0 1 0 6H12M13 10a3 3 0 0 1-3 3H6.500a3 3 0 0 1 0-6H8" },
};

const aliases: Record<string, string> = {
  api: "generic",
  facebook: "messenger",
  sevenio: "seven",
  seven_io: "seven",
  signal_cli: "signal",
  webchat: "livechat",
  website: "livechat",
};

export function shapeOf(network: string): Shape {
  return shapes[network] ?? shapes[aliases[network] ?? "other"]!;
}
