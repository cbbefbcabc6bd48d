import { LogOut, UserPlus, X } from "lucide-react";
import { useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { back, go } from "@/app/routes";
import { ContactSection } from "@/features/contacts/ContactSection";
import { openDirect } from "@/features/newchat/open-chat";
import { privacyOf } from "@/features/timeline/PrivacyLine";
import { showHandle } from "@/lib/handles";
import { t } from "@/lib/i18n";
import { bridgeOf, chatPicture, chatSeed, isDirect, isEncrypted, partnerId } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { conversationName, conversationOf, networkOf } from "@/lib/matrix/conversation";
import { useVersion } from "@/lib/matrix/observe";
import { notificationLevel, setNotificationLevel } from "@/lib/matrix/push-level";
import { Avatar } from "@/ui/Avatar";
import { Button, IconButton } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Select } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import { toast } from "@/ui/Toast";
import { AddPeople } from "./AddPeople";
import styles from "./DetailsPanel.module.css";
import { FilesSection } from "./FilesSection";
import { PeopleSection } from "./PeopleSection";
import { RenameGroup } from "./RenameGroup";

/** A network once, however many chats run on it. */
const onePerNetwork = (rooms: readonly Room[]) => [...new Map(rooms.map((room) => [`${networkOf(room)}${isEncrypted(room)}`, room])).values()];

function Privacy({ room }: { room: Room }) {
  const bridge = bridgeOf(room);
  const more = bridge ? t("details.privacy.network", { network: bridge.networkName }) : t(isEncrypted(room) ? "details.privacy.encrypted" : "details.privacy.server");
  return (
    <p>
      <strong>{privacyOf(room).text.replace(/\.?$/, ".")}</strong> {more}
    </p>
  );
}

export function DetailsPanel({ roomId, onClose }: { roomId: string; onClose: () => void }) {
  const { client, changes } = useUnisono();
  useVersion(changes, roomId);
  const [leaving, setLeaving] = useState(false);
  const [adding, setAdding] = useState(false);
  const room = client.getRoom(roomId);
  if (!room) return null;
  const { rooms } = conversationOf(client, room);
  const name = conversationName(client, rooms);
  const partner = partnerId(client, room);
  const direct = isDirect(client, room);
  const bridge = bridgeOf(room);

  async function leave() {
    try {
      await Promise.all(rooms.map((one) => client.leave(one.roomId)));
      back("chats");
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    }
  }

  return (
    <div className={styles.panel}>
      <header className={styles.header}>
        <h2>{t("details.title")}</h2>
        <IconButton label={t("action.close")} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div className={styles.top}>
        <Avatar client={client} seed={chatSeed(client, room)} name={name} mxc={chatPicture(client, room)} size={88} square={!direct} badge={bridge ? <NetworkMark network={bridge.network} /> : undefined} />
        <h3>{name}</h3>
        {bridge?.chatId?.includes("@") && rooms.length === 1 ? <p>{showHandle(bridge.chatId)}</p> : null}
        {direct || bridge ? null : <RenameGroup room={room} name={name} />}
      </div>
      <section className={styles.section}>
        <h4>{t("details.privacy")}</h4>
        {onePerNetwork(rooms).map((one) => (
          <Privacy key={one.roomId} room={one} />
        ))}
      </section>
      <section className={styles.section}>
        <Select
          label={t("details.notify")}
          value={notificationLevel(client, roomId)}
          options={[
            { value: "all", label: t("details.notify.all") },
            { value: "mentions", label: t("details.notify.mentions") },
            { value: "off", label: t("details.notify.off") },
          ]}
          onChange={(level) => void Promise.all(rooms.map((one) => setNotificationLevel(client, one.roomId, level as "all"))).catch(() => toast(t("error.notSaved"), { tone: "red" }))}
        />
      </section>
      {partner ? <ContactSection userId={partner} /> : null}
      <PeopleSection room={room} onMessage={(userId) => void openDirect(client, userId).then((id) => go("chats", id))} />
      {direct || bridge ? null : (
        <Button look="quiet" wide icon={<UserPlus />} onClick={() => setAdding(true)}>
          {t("details.invite")}
        </Button>
      )}
      <FilesSection rooms={rooms} />
      <div className={styles.end}>
        <Button look="danger" wide icon={<LogOut />} onClick={() => setLeaving(true)}>
          {t(direct ? "details.leave" : "details.leaveGroup")}
        </Button>
      </div>
      <Dialog open={leaving} onClose={() => setLeaving(false)} title={t(direct ? "details.leave" : "details.leaveGroup")} description={t("details.leave.sure", { name })}>
        <DialogActions>
          <Button onClick={() => setLeaving(false)}>{t("action.cancel")}</Button>
          <Button look="danger" onClick={() => void leave()}>
            {t(direct ? "details.leave" : "details.leaveGroup")}
          </Button>
        </DialogActions>
      </Dialog>
      <AddPeople room={room} open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}
