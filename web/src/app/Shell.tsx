// The frame of the signed-in app: rail, list, conversation, details; two pages on a phone.
import { MessagesSquare } from "lucide-react";
import { useEffect, useState } from "react";
import { AccountsPage } from "@/features/accounts/AccountsPage";
import { useChannels } from "@/features/accounts/useAccounts";
import { ChatsPane } from "@/features/chats/ChatsPane";
import type { Filter } from "@/features/chats/filter";
import { ContactsPage } from "@/features/contacts/ContactsPage";
import { DetailsPanel } from "@/features/details/DetailsPanel";
import { NewChatDialog } from "@/features/newchat/NewChatDialog";
import { useNotifications } from "@/features/settings/notifications";
import { SettingsPage } from "@/features/settings/SettingsPage";
import { QuickSwitch } from "@/features/switcher/QuickSwitch";
import { Conversation } from "@/features/timeline/Conversation";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { conversationOf } from "@/lib/matrix/conversation";
import { useVersion } from "@/lib/matrix/observe";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { BottomBar, Rail } from "./Rail";
import { go, useRoute } from "./routes";
import styles from "./Shell.module.css";
import { ShortcutHelp } from "./ShortcutHelp";
import { useShortcuts } from "./shortcuts";

export function Shell() {
  const route = useRoute();
  // Every chat names its network.
  useChannels();
  const [filter, setFilter] = useState<Filter>("all");
  const [newChat, setNewChat] = useState<string | null>(null);
  const [details, setDetails] = useState(false);
  const [overlay, setOverlay] = useState<"switch" | "help" | null>(null);
  useShortcuts({ onSwitch: () => setOverlay("switch"), onHelp: () => setOverlay("help"), onNew: () => setNewChat(""), route });
  useNotifications(route.page === "chats" ? route.id : null);

  useEffect(() => {
    const listen = (event: Event) => setNewChat((event as CustomEvent<string>).detail);
    window.addEventListener("unisono:newchat", listen);
    return () => window.removeEventListener("unisono:newchat", listen);
  }, []);

  useEffect(() => {
    // Another chat starts without the panel where the panel would cover it.
    if (!window.matchMedia("(min-width: 1100px)").matches) setDetails(false);
  }, [route.id]);

  return (
    <div className={styles.shell} data-page={route.page} data-open={route.id ? true : undefined} data-details={details && route.id ? true : undefined}>
      <Rail route={route} filter={filter} onFilter={setFilter} onSwitch={() => setOverlay("switch")} />
      {route.page === "chats" ? (
        <>
          <nav className={styles.list} aria-label={t("chats.title")}>
            <ChatsPane openId={route.id} filter={filter} onFilter={setFilter} onNewChat={() => setNewChat("")} />
          </nav>
          <main className={styles.main}>{route.id ? <OpenChat id={route.id} details={details} onDetails={() => setDetails(!details)} /> : <NoChat onNewChat={() => setNewChat("")} />}</main>
          {details && route.id ? (
            <aside className={styles.details} aria-label={t("details.title")}>
              <DetailsPanel roomId={route.id} onClose={() => setDetails(false)} />
            </aside>
          ) : null}
        </>
      ) : (
        <main className={styles.page}>
          {route.page === "accounts" ? <AccountsPage id={route.id} /> : null}
          {route.page === "contacts" ? <ContactsPage id={route.id} onNewChat={() => setNewChat("")} /> : null}
          {route.page === "settings" ? <SettingsPage section={route.id} /> : null}
        </main>
      )}
      <BottomBar route={route} />
      <NewChatDialog start={newChat} onClose={() => setNewChat(null)} />
      <QuickSwitch open={overlay === "switch"} onClose={() => setOverlay(null)} />
      <ShortcutHelp open={overlay === "help"} onClose={() => setOverlay(null)} />
    </div>
  );
}

function OpenChat({ id, details, onDetails }: { id: string; details: boolean; onDetails: () => void }) {
  const { client, changes } = useUnisono();
  // Which rooms belong together can change with any of them, and with the contacts.
  useVersion(changes);
  const room = client.getRoom(id);
  const membership = room?.getMyMembership();
  if (!room || (membership !== "join" && membership !== "invite")) return <Empty icon={<MessagesSquare />}>{t("chat.missing")}</Empty>;
  const chat = conversationOf(client, room);
  return <Conversation key={`${chat.key}-${membership}`} chat={chat} details={details} onDetails={onDetails} />;
}

function NoChat({ onNewChat }: { onNewChat: () => void }) {
  return (
    <Empty
      icon={<MessagesSquare />}
      title={t("noChat.title")}
      action={
        <div className={styles.noChat}>
          <Button look="primary" onClick={onNewChat}>
            {t("newChat.title")}
          </Button>
          <Button look="quiet" onClick={() => go("accounts", "new")}>
            {t("accounts.add")}
          </Button>
        </div>
      }
    >
      {t("noChat.lead")}
    </Empty>
  );
}
