// Signing in and registering, before there is a client: plain calls of the client-server API.
import type { LoginResult } from "@/lib/api/types";

export class AuthError extends Error {
  constructor(
    readonly errcode: string,
    readonly retryAfterMs: number | null,
    detail: string,
  ) {
    super(detail);
  }
}

interface Refusal {
  errcode?: string;
  error?: string;
  retry_after_ms?: number;
  session?: string;
  flows?: { stages: string[] }[];
  completed?: string[];
}

async function post<T>(path: string, body: unknown): Promise<{ ok: true; value: T } | { ok: false; status: number; refusal: Refusal }> {
  let response: Response;
  try {
    response = await fetch(`/_matrix/client/v3${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new AuthError("OFFLINE", null, "the server cannot be reached");
  }
  const json = (await response.json().catch(() => ({}))) as T & Refusal;
  if (response.ok) return { ok: true, value: json };
  return { ok: false, status: response.status, refusal: json };
}

function refuse(refusal: Refusal): never {
  throw new AuthError(refusal.errcode ?? "M_UNKNOWN", refusal.retry_after_ms ?? null, refusal.error ?? "");
}

/** What this device is called in the list of devices. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = /Firefox/.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : /Chrome/.test(agent) ? "Chrome" : "Safari";
  const system = /Android/.test(agent)
    ? "Android"
    : /iPhone|iPad/.test(agent)
      ? "iOS"
      : /Mac/.test(agent)
        ? "macOS"
        : /Windows/.test(agent)
          ? "Windows"
          : "Linux";
  return `Unisono · ${browser} · ${system}`;
}

export async function signIn(username: string, password: string): Promise<LoginResult> {
  const answer = await post<LoginResult>("/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: username.trim() },
    password,
    initial_device_display_name: deviceName(),
  });
  return answer.ok ? answer.value : refuse(answer.refusal);
}

/** Registers, going through the stages that the server asks for: an invite's token, then nothing more. */
export async function register(username: string, password: string, token: string | null): Promise<LoginResult> {
  const body = { username: username.trim().toLowerCase(), password, initial_device_display_name: deviceName() };
  let auth: Record<string, string> | undefined;
  for (let step = 0; step < 4; step += 1) {
    const answer = await post<LoginResult>("/register", { ...body, auth });
    if (answer.ok) return answer.value;
    const { refusal, status } = answer;
    const wants = (stage: string) =>
      !refusal.completed?.includes(stage) && refusal.flows?.some((flow) => flow.stages.includes(stage));
    if (status !== 401 || !refusal.session || (auth && refusal.errcode)) refuse(refusal);
    if (token && wants("m.login.registration_token")) {
      auth = { type: "m.login.registration_token", token, session: refusal.session };
    } else if (refusal.flows?.some((flow) => flow.stages.every((s) => s === "m.login.dummy" || refusal.completed?.includes(s)))) {
      auth = { type: "m.login.dummy", session: refusal.session };
    } else {
      refuse({ errcode: "M_FORBIDDEN", error: "registration needs an invitation" });
    }
  }
  throw new AuthError("M_UNKNOWN", null, "registration did not end");
}
