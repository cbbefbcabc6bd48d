import { useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { findEvent } from "@/lib/matrix/conversation";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Callout } from "@/ui/Field";
import styles from "./Conversation.module.css";
import { mailOf } from "./kinds/MailBody";

/** The mail as its sender made it, in a frame that can run nothing and, at first, load nothing. */
export function OriginalMail({ rooms }: { rooms: readonly Room[] }) {
  const { client } = useUnisono();
  const [id, setId] = useState<string | null>(null);
  const [images, setImages] = useState(false);
  const [address, setAddress] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const open = (event: Event) => {
      setImages(false);
      setAddress(null);
      setId((event as CustomEvent<string>).detail);
    };
    window.addEventListener("unisono:original", open);
    return () => window.removeEventListener("unisono:original", open);
  }, []);

  const found = findEvent(rooms, id);
  const roomId = found?.room.roomId;
  useEffect(() => {
    if (!id || !roomId) return;
    let live = true;
    setFailed(false);
    const path = `/_unisono/v1/rooms/${encodeURIComponent(roomId)}/events/${encodeURIComponent(id)}/original`;
    fetch(path, { method: "POST", headers: { Authorization: `Bearer ${client.getAccessToken()}` } })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
      .then(
        (answer: { url: string }) => live && setAddress(answer.url),
        () => live && setFailed(true),
      );
    return () => {
      live = false;
    };
  }, [client, roomId, id]);

  const content = found?.event.getContent();
  const mail = content ? mailOf(content) : null;
  return (
    <Dialog open={id !== null} onClose={() => setId(null)} title={mail?.subject || t("mail.original")} wide>
      {mail?.has_remote_images && !images ? (
        <Callout tone="calm" action={<Button look="quiet" onClick={() => setImages(true)}>{t("mail.loadImages")}</Button>}>
          {t("mail.imagesOff")}
        </Callout>
      ) : null}
      {failed ? <Callout>{t("mail.originalFailed")}</Callout> : null}
      {address !== null ? <iframe className={styles.original} sandbox="allow-popups allow-popups-to-escape-sandbox" src={images ? `${address}?images=1` : address} title={t("mail.original")} /> : null}
    </Dialog>
  );
}
