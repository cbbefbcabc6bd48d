// What the server says (crates/channels/src/livechat/wire.rs) and what we make of it.

export type Ask = "no" | "optional" | "required";

export interface Config {
  name: string;
  colour: string;
  greeting: { en: string; de: string };
  ask: { name: Ask; email: Ask; phone: Ask };
  theme: "auto" | "light" | "dark";
  side: "right" | "left";
  max_file: number;
  accept: string;
}

/** A text, or an element with its children and, for a link, its address. */
export type Node = string | [string, Node[], string?];

export interface SentFile {
  name: string;
  kind: string;
  mime?: string;
  size?: number;
  w?: number;
  h?: number;
  url: string;
}

export interface Choice {
  id: string;
  label: string;
  url?: string | null;
  description?: string | null;
}

export interface Message {
  id: string;
  /** Known once it stands in the conversation for good. */
  event?: string;
  mine: boolean;
  at: number;
  position?: number;
  name?: string;
  text: string;
  rich?: Node[];
  file?: SentFile;
  card?: Choice[];
  reply_to?: string | null;
  /** Of one's own: where it is on its way. */
  state?: "waiting" | "failed";
  why?: string;
  /** A picture that is still here. */
  local?: string;
}

/** What waits to be sent; lives through reloads. */
export interface Waiting {
  id: string;
  at: number;
  text: string;
  reply_to?: string | null;
  choice?: { id: string; label: string };
  file?: { name: string; type: string; size: number };
}

export interface Customer {
  id: string;
  hash: string;
  name?: string;
  email?: string;
  phone?: string;
}

export interface Form {
  name?: string;
  email?: string;
  phone?: string;
}
