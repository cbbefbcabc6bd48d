import { Lock, LockOpen } from "lucide-react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { pick, t } from "@/lib/i18n";
import { bridgeOf, isEncrypted } from "@/lib/matrix/chat";
import styles from "./Conversation.module.css";

/** Who can read this chat, in plain words. */
export function privacyOf(room: Room): { text: string; closed: boolean } {
  const bridge = bridgeOf(room);
  if (bridge) return { text: pick(bridge.privacy) || t("privacy.network", { network: bridge.networkName }), closed: false };
  return isEncrypted(room) ? { text: t("privacy.encrypted"), closed: true } : { text: t("privacy.server"), closed: false };
}

export function PrivacyLine({ room }: { room: Room }) {
  const { text, closed } = privacyOf(room);
  return (
    <span className={styles.privacy}>
      {closed ? <Lock aria-hidden="true" /> : <LockOpen aria-hidden="true" />}
      <span>{text}</span>
    </span>
  );
}
