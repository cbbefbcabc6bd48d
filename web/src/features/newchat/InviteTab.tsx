import { Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Invite } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { formatDateTime } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Callout, Field } from "@/ui/Field";
import { QrCode } from "@/ui/QrCode";
import { toast } from "@/ui/Toast";
import styles from "./NewChat.module.css";

/** A fresh link, as text and as a QR code. */
export function InviteTab() {
  const { api } = useUnisono();
  const [invite, setInvite] = useState<Invite | null>(null);
  const [failed, setFailed] = useState(false);
  const asked = useRef(false);

  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    api.createInvite().then(setInvite, () => setFailed(true));
  }, [api]);

  if (failed) return <Callout>{t("invites.failed")}</Callout>;
  // The address that this person uses is one that the other can be given, too.
  const url = invite ? `${window.location.origin}/invite#${invite.token}` : "";
  return (
    <div className={styles.form}>
      <p className={styles.none}>{t("invites.lead")}</p>
      {invite ? <QrCode data={url} label={t("invites.qr")} /> : <div className={styles.qrPlace} aria-busy="true" />}
      <Field label={t("invites.link")} value={url} readOnly onFocus={(event) => event.target.select()} hint={invite?.expires_at ? t("invites.until", { date: formatDateTime(invite.expires_at) }) : undefined} />
      <Button
        look="primary"
        wide
        icon={<Copy />}
        disabled={!invite}
        onClick={() =>
          void navigator.clipboard.writeText(url).then(
            () => toast(t("action.copied")),
            () => undefined,
          )
        }
      >
        {t("invites.copy")}
      </Button>
    </div>
  );
}
