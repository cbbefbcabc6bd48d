import { Ban, Lock } from "lucide-react";
import { DecryptionFailureCode } from "matrix-js-sdk/lib/crypto-api";
import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import styles from "./bodies.module.css";

export function DeletedBody() {
  return (
    <div className={styles.quiet}>
      <Ban /> {t("message.deleted")}
    </div>
  );
}

/** Says why a message cannot be read, as far as anybody can know. */
export function LockedBody({ event }: { event: MatrixEvent }) {
  return (
    <div className={styles.quiet}>
      <Lock /> {event.isDecryptionFailure() ? reasonOf(event) : t("message.decrypting")}
    </div>
  );
}

function reasonOf(event: MatrixEvent): string {
  switch (event.decryptionFailureReason) {
    case DecryptionFailureCode.HISTORICAL_MESSAGE_NO_KEY_BACKUP:
    case DecryptionFailureCode.HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED:
    case DecryptionFailureCode.HISTORICAL_MESSAGE_WORKING_BACKUP:
      return t("message.locked.before");
    case DecryptionFailureCode.HISTORICAL_MESSAGE_USER_NOT_JOINED:
      return t("message.locked.notMember");
    case DecryptionFailureCode.MEGOLM_UNKNOWN_INBOUND_SESSION_ID:
    case DecryptionFailureCode.OLM_UNKNOWN_MESSAGE_INDEX:
      return t("message.locked.waiting");
    default:
      return t("message.locked");
  }
}
