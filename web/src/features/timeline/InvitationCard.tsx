import { useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { back } from "@/app/routes";
import { t } from "@/lib/i18n";
import { chatName, chatPicture, chatSeed } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { localPart } from "@/lib/matrix/ids";
import { accept, inviterOf } from "@/lib/matrix/invitations";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { toast } from "@/ui/Toast";
import styles from "./Conversation.module.css";

export function InvitationCard({ room }: { room: Room }) {
  const { client } = useUnisono();
  const [busy, setBusy] = useState(false);
  const inviter = inviterOf(client, room);
  const name = inviter ? (room.getMember(inviter)?.rawDisplayName ?? localPart(inviter)) : "";
  const title = chatName(client, room);

  async function answer(yes: boolean) {
    setBusy(true);
    try {
      if (yes) return await accept(client, room);
      await client.leave(room.roomId);
      back("chats");
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className={styles.invitation}>
      <Avatar client={client} seed={chatSeed(client, room)} name={title} mxc={chatPicture(client, room)} size={88} />
      <h3>{title}</h3>
      <p>{t("invitation.lead", { name })}</p>
      <div className={styles.answers}>
        <Button disabled={busy} onClick={() => void answer(false)}>
          {t("invitation.decline")}
        </Button>
        <Button look="primary" busy={busy} onClick={() => void answer(true)}>
          {t("invitation.accept")}
        </Button>
      </div>
    </div>
  );
}
