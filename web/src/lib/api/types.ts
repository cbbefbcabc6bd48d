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
  formatting: "plain" | "html" | "markdown" | "whats_app" | "slack";
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
}

export interface LoginFlow {
  id: string;
  name: Text;
}

export interface Channel {
  id: string;
  name: Text;
  summary: Text;
  docs: string | null;
  privacy: Text;
  flows: LoginFlow[];
  capabilities: Capabilities;
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
  | { state: "trouble"; reason: Text; retry_at: number }
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
}
