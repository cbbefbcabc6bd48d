// An account's state in words, with its tone.
import type { AccountState } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { formatTime } from "@/lib/i18n/format";

export interface StateWords {
  tone: "green" | "amber" | "red" | "calm";
  title: string;
  detail: string;
  progress: number | null | undefined;
}

export function stateWords(state: AccountState): StateWords {
  const plain = { detail: "", progress: undefined };
  switch (state.state) {
    case "connecting":
      return { ...plain, tone: "calm", title: t("account.connecting"), progress: null };
    case "backfilling":
      return {
        tone: "calm",
        title: t("account.backfilling"),
        detail: state.total ? t("account.backfillingOf", { done: state.done, total: state.total }) : "",
        progress: state.total ? state.done / state.total : null,
      };
    case "connected":
      return { ...plain, tone: "green", title: t("account.connected") };
    case "trouble":
      return { ...plain, tone: "amber", title: state.retry_at ? t("account.trouble", { time: formatTime(state.retry_at) }) : t("account.troubleNow"), detail: pick(state.reason) };
    case "bad_credentials":
      return { ...plain, tone: "red", title: t("account.badCredentials"), detail: pick(state.reason) };
    case "logged_out":
      return { ...plain, tone: "red", title: t("account.loggedOut") };
  }
}
