import { useEffect, useState } from "react";
import { go } from "@/app/routes";
import { appearing, choicesOf, type Choice, takeRoom } from "@/features/composer/ways";
import { openDirect } from "@/features/newchat/open-chat";
import { ApiError } from "@/lib/api/client";
import type { Contact, Way } from "@/lib/api/contacts";
import { t } from "@/lib/i18n";
import { directIndex } from "@/lib/matrix/chat";
import { samePerson } from "@/lib/matrix/contacts";
import { useUnisono } from "@/lib/matrix/context";
import { NetworkMark } from "@/ui/NetworkMark";
import { toast } from "@/ui/Toast";
import styles from "./Contacts.module.css";

/** Every way in which a contact can be written to; one press opens the chat there. */
export function WaysList({ contact, onGone }: { contact: Contact; onGone?: () => void }) {
  const { api, client, changes } = useUnisono();
  const [ways, setWays] = useState<Way[] | null>(null);
  const [busy, setBusy] = useState(false);
  const first = contact.members[0]?.user_id;
  const ids = contact.members.map(({ user_id }) => user_id).join();

  useEffect(() => {
    if (!first) return;
    let live = true;
    api.ways(first).then(
      (list) => live && setWays(list),
      () => live && setWays([]),
    );
    return () => {
      live = false;
    };
  }, [api, first, ids]);

  const rooms = contact.members
    .flatMap((member) => member.rooms.map(({ room_id }) => client.getRoom(room_id)))
    .filter((room) => room !== null)
    .filter((room) => room.getMyMembership() === "join");
  const choices = choicesOf(rooms, ways ?? []);
  const native = contact.members.find((member) => member.channel === null && member.rooms.length === 0);

  async function open(choice: Choice) {
    setBusy(true);
    try {
      const id = choice.room?.roomId ?? (await api.startChat(choice.way!.account_id!, choice.way!.identifier)).room_id;
      takeRoom(id);
      if (!choice.room && first) {
        await appearing(client, id, changes.subscribe);
        const other = directIndex(client).get(id);
        if (other && !samePerson(client, first).includes(other)) await api.mergeContacts([...samePerson(client, first), other]);
      }
      go("chats", id);
      onGone?.();
    } catch (error) {
      toast((error instanceof ApiError && error.shown) || t("newChat.failed"), { tone: "red" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <ul className={styles.ways} aria-label={t("contacts.ways")}>
      {choices.map((choice) => (
        <li key={choice.key}>
          <button type="button" disabled={busy} onClick={() => void open(choice)}>
            <NetworkMark network={choice.network} />
            <span>
              <strong>{t("contacts.writeVia", { network: choice.name })}</strong>
              <small>{[choice.detail, choice.room ? "" : t("way.new")].filter(Boolean).join(" · ")}</small>
            </span>
          </button>
        </li>
      ))}
      {native ? (
        <li>
          <button type="button" disabled={busy} onClick={() => void openDirect(client, native.user_id).then((id) => go("chats", id))}>
            <NetworkMark network="native" />
            <span>
              <strong>{t("contacts.writeVia", { network: t("network.native") })}</strong>
              <small>{t("way.private")}</small>
            </span>
          </button>
        </li>
      ) : null}
    </ul>
  );
}
