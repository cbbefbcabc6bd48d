// The shapes of `/_unisono/v1`, as the contract and `crates/domain/src/channel` define them.

export interface Text {
  de: string;
  en: string;
}

export interface ServerInfo {
  server_name: string;
  version: string;
  needs_setup: boolean;
  registration: "open" | "token" | "invite" | "off";
}

export interface LoginResult {
  user_id: string;
  access_token: string;
  device_id: string;
}

export interface Invite {
  token: string;
  url: string;
  expires_at: number;
}

export interface Inviter {
  user_id: string;
  display_name?: string | null;
  avatar_url?: string | null;
}

export type Support = "rejected" | "degraded" | "full";

export interface Capabilities {
  formatting: "plain" | "html" | "markdown" | "whats_app" | "slack" | "telegram";
  max_text: number | null;
  max_file: number | null;
  parts: string[];
  captions: boolean;
  reply: Support;
  edit: Support;
  delete: Support;
  reaction: Support;
  typing: boolean;
  read_receipts: boolean;
  delivery_receipts: boolean;
  groups: boolean;
  start_chat: boolean;
  history: boolean;
  /** Free text is taken only so long after the other side's last message (ms); later only approved texts. */
  reply_window: number | null;
  templates: boolean;
}

export interface LoginFlow {
  id: string;
  name: Text;
}

/** A small drawing of what the person will see at the vendor. */
export type Figure =
  | { kind: "menu"; path: string[] }
  | { kind: "form"; fields: [label: string, value: string][] }
  | { kind: "chat"; lines: [mine: boolean, text: string][] }
  | { kind: "scan" };

export interface GuideStep {
  text: Text;
  figure: Figure | null;
}

/** What one should know before choosing a network. */
export interface Catalogue {
  official: boolean;
  cost: Text;
  rules: Text;
  limits: Text;
  tested: Text;
}

export interface Channel {
  id: string;
  name: Text;
  summary: Text;
  docs: string | null;
  privacy: Text;
  flows: LoginFlow[];
  guide: GuideStep[];
  catalogue: Catalogue;
  hook: boolean;
  capabilities: Capabilities;
}

/** A network that nobody can connect to. */
export interface ClosedNetwork {
  id: string;
  name: string;
  why: Text;
  instead: Text;
}

export interface Channels {
  channels: Channel[];
  closed?: ClosedNetwork[];
}

export type FieldKind = "text" | "secret" | "phone" | "email" | "url" | "number" | "select" | "code";

export interface LoginField {
  id: string;
  kind: FieldKind;
  label: Text;
  hint: Text | null;
  value: string | null;
  required: boolean;
  options: { value: string; label: Text }[];
}

export type LoginStep =
  | { type: "fields"; title: Text; message: Text | null; fields: LoginField[] }
  | { type: "show"; title: Text; message: Text; display: { kind: "qr" | "code"; data: string } }
  | { type: "open_page"; title: Text; url: string }
  | { type: "done"; account_id: number };

export interface LoginProgress {
  login_id: string;
  step: LoginStep;
}

export type AccountState =
  | { state: "connecting" }
  | { state: "backfilling"; done: number; total: number | null }
  | { state: "connected" }
  | { state: "trouble"; reason: Text; retry_at: number | null }
  | { state: "bad_credentials"; reason: Text }
  | { state: "logged_out" };

export interface Account {
  id: number;
  channel: string;
  remote_id: string;
  display_name: string;
  settings: Record<string, unknown>;
  settings_fields: LoginField[];
  state: AccountState;
  conversations: number;
  /** Where the vendor calls us; `null` where it does not. */
  hook?: { url: string | null; verify_token: string } | null;
}

/** A text that a vendor has approved, with places to fill in. */
export interface Template {
  name: string;
  language: string;
  category: string;
  body: string;
  header: string | null;
  footer: string | null;
  buttons: string[];
  parameters: string[];
}

/** Something to be copied from an account to elsewhere. */
export interface Handout {
  id: string;
  label: Text;
  hint: Text;
  value: string;
  secret: boolean;
}
