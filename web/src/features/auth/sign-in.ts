// View-model of the pages before the messenger: what may be done, and what went wrong in words.
import { ApiError } from "@/lib/api/client";
import type { LoginResult } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { AuthError } from "@/lib/matrix/auth";

export interface SignedIn {
  userId: string;
  deviceId: string;
  accessToken: string;
  /** Kept in memory to unlock the encryption; never stored. */
  password: string;
}

export function signedIn(result: LoginResult, password: string): SignedIn {
  return { userId: result.user_id, deviceId: result.device_id, accessToken: result.access_token, password };
}

export interface Problem {
  field: "username" | "password" | "name" | null;
  text: string;
}

/** Says what happened and what to do. */
export function problemOf(error: unknown, doing: "sign-in" | "register" | "setup"): Problem {
  const code = error instanceof AuthError || error instanceof ApiError ? error.errcode : "OFFLINE";
  const retry = error instanceof AuthError || error instanceof ApiError ? error.retryAfterMs : null;
  const shown = error instanceof ApiError ? error.shown : "";
  const field = error instanceof ApiError && isField(error.field) ? error.field : null;
  if (shown) return { field, text: shown };
  switch (code) {
    case "M_FORBIDDEN":
    case "M_UNAUTHORIZED":
      if (doing === "sign-in") return { field: "password", text: t("auth.error.wrong") };
      return { field: null, text: t(doing === "setup" ? "auth.error.setupLink" : "auth.error.invite") };
    case "M_USER_IN_USE":
      return { field: "username", text: t("auth.error.taken") };
    case "M_INVALID_USERNAME":
    case "M_EXCLUSIVE":
      return { field: "username", text: t("auth.error.username") };
    case "M_WEAK_PASSWORD":
    case "M_PASSWORD_TOO_SHORT":
    case "M_PASSWORD_IN_DICTIONARY":
      return { field: "password", text: t("auth.error.weak") };
    case "M_USER_DEACTIVATED":
      return { field: null, text: t("auth.error.deactivated") };
    case "M_LIMIT_EXCEEDED":
      return { field: null, text: t("auth.error.limited", { n: Math.max(1, Math.ceil((retry ?? 5000) / 1000)) }) };
    case "OFFLINE":
      return { field: null, text: t("auth.error.offline") };
    default:
      return { field: null, text: t("auth.error.unknown") };
  }
}

const isField = (field: string | null): field is "username" | "password" => field === "username" || field === "password";

/** `Anna Berg` becomes `anna.berg`: what is proposed as the login's name. */
export function proposeUsername(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/ä/g, "ae")
    .replace(/ö/g, "oe")
    .replace(/ü/g, "ue")
    .replace(/ß/g, "ss")
    .normalize("NFD")
    .replace(/[^a-z0-9 ._-]/g, "")
    .replace(/\s+/g, ".");
}

export function checkNewLogin(username: string, password: string): Problem | null {
  if (!/^[a-z0-9._=/+-]+$/.test(username)) return { field: "username", text: t("auth.error.username") };
  if (password.length < 8) return { field: "password", text: t("auth.error.weak") };
  return null;
}

const inviterKey = "unisono.inviter";

/** Remembered over the sign-in, so that the first thing on the screen is the chat with the inviter. */
export function rememberInviter(userId: string) {
  sessionStorage.setItem(inviterKey, userId);
}

export function takeInviter(): string | null {
  const userId = sessionStorage.getItem(inviterKey);
  sessionStorage.removeItem(inviterKey);
  return userId;
}
