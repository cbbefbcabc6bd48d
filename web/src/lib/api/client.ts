// Calls of our own REST API. Errors keep the server's words, which come in both languages.
import { pick } from "@/lib/i18n";
import { contactsApi } from "./contacts";
import type { Account, Channels, Handout, Invite, Inviter, LoginProgress, LoginResult, ServerInfo, Template, Text } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly errcode: string,
    readonly words: Text | null,
    readonly field: string | null,
    readonly retryAfterMs: number | null,
    detail: string,
  ) {
    super(detail);
  }

  /** What to show, if the server said something meant for people. */
  get shown(): string {
    return pick(this.words);
  }
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

async function call<T>(method: Method, path: string, token: string | null, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(`/_unisono/v1${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const text = await response.text();
  const json = parse(text);
  if (!response.ok) {
    const error = (json ?? {}) as { errcode?: string; error?: string; message?: Text; field?: string; retry_after_ms?: number };
    throw new ApiError(
      response.status,
      error.errcode ?? "M_UNKNOWN",
      error.message ?? null,
      error.field ?? null,
      error.retry_after_ms ?? null,
      error.error ?? `HTTP ${response.status}`,
    );
  }
  return json as T;
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return null;
  }
}

export const publicApi = {
  server: () => call<ServerInfo>("GET", "/server", null),
  setup: (body: { token: string; username: string; password: string; display_name: string; device_name: string }) =>
    call<LoginResult>("POST", "/setup", null, body),
  inviter: (token: string) => call<{ inviter: Inviter }>("GET", `/invites/${encodeURIComponent(token)}`, null),
};

/** The calls that need a signed-in person. `token` is asked for each call, since it may be renewed. */
export function createApi(token: () => string | null) {
  const authed = <T>(method: Method, path: string, body?: unknown, signal?: AbortSignal) => call<T>(method, path, token(), body, signal);
  const id = encodeURIComponent;
  return {
    me: () => authed<{ user_id: string; admin: boolean }>("GET", "/me"),
    createInvite: () => authed<Invite>("POST", "/invites", {}),
    deleteInvite: (invite: string) => authed<unknown>("DELETE", `/invites/${id(invite)}`),
    channels: () => authed<Channels>("GET", "/channels"),
    accounts: () => authed<{ accounts: Account[] }>("GET", "/accounts").then((answer) => answer.accounts),
    startLogin: (channel: string, flow: string) => authed<LoginProgress>("POST", "/logins", { channel, flow }),
    submitLogin: (login: string, fields: Record<string, string>) => authed<LoginProgress>("POST", `/logins/${id(login)}`, { fields }),
    waitLogin: (login: string, signal: AbortSignal) => authed<LoginProgress>("GET", `/logins/${id(login)}`, undefined, signal),
    cancelLogin: (login: string) => authed<unknown>("DELETE", `/logins/${id(login)}`),
    changeAccount: (account: number, change: { settings?: Record<string, unknown>; display_name?: string }) =>
      authed<Account>("PATCH", `/accounts/${account}`, change),
    handouts: (account: number) => authed<{ handouts: Handout[] }>("GET", `/accounts/${account}/handouts`).then((answer) => answer.handouts),
    templates: (account: number) => authed<{ templates: Template[] }>("GET", `/accounts/${account}/templates`).then((answer) => answer.templates),
    reconnect: (account: number) => authed<unknown>("POST", `/accounts/${account}/reconnect`, {}),
    removeAccount: (account: number, withConversations: boolean) =>
      authed<unknown>("DELETE", `/accounts/${account}${withConversations ? "?conversations=delete" : ""}`),
    startChat: (account: number, identifier: string, subject?: string) =>
      authed<{ room_id: string }>("POST", `/accounts/${account}/chats`, { identifier, subject }),
    retry: (room: string, event: string) => authed<unknown>("POST", `/messages/${id(room)}/${id(event)}/retry`, {}),
    ...contactsApi(authed),
  };
}

export type Api = ReturnType<typeof createApi>;
