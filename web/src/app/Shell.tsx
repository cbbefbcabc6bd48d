// The frame of the signed-in app: rail, list, conversation, details; two pages on a phone.
import { MessagesSquare } from "lucide-react";
import { useEffect, useState } from "react";
import { AccountsPage } from "@/features/accounts/AccountsPage";
import { ChatsPane } from "@/features/chats/ChatsPane";
import type { Filter } from "@/features/chats/filter";
import { DetailsPanel } from "@/features/details/DetailsPanel";
import { NewChatDialog } from "@/features/newchat/NewChatDialog";
import { useNotifications } from "@/features/settings/notifications";
import { SettingsPage } from "@/features/settings/SettingsPage";
import { QuickSwitch } from "@/features/switcher/QuickSwitch";
import { Conversation } from "@/features/timeline/Conversation";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
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
  const [filter, setFilter] = useState<Filter>("all");
  const [newChat, setNewChat] = useState(false);
  const [details, setDetails] = useState(false);
  const [overlay, setOverlay] = useState<"switch" | "help" | null>(null);
  useShortcuts({ onSwitch: () => setOverlay("switch"), onHelp: () => setOverlay("help"), onNew: () => setNewChat(true), route });
  useNotifications(route.page === "chats" ? route.id : null);

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
            <ChatsPane openId={route.id} filter={filter} onFilter={setFilter} onNewChat={() => setNewChat(true)} />
          </nav>
          <main className={styles.main}>{route.id ? <OpenChat id={route.id} details={details} onDetails={() => setDetails(!details)} /> : <NoChat onNewChat={() => setNewChat(true)} />}</main>
          {details && route.id ? (
            <aside className={styles.details} aria-label={t("details.title")}>
              <DetailsPanel roomId={route.id} onClose={() => setDetails(false)} />
            </aside>
          ) : null}
        </>
      ) : (
        <main className={styles.page}>{route.page === "accounts" ? <AccountsPage id={route.id} /> : <SettingsPage section={route.id} />}</main>
      )}
      <BottomBar route={route} />
      <NewChatDialog open={newChat} onClose={() => setNewChat(false)} />
      <QuickSwitch open={overlay === "switch"} onClose={() => setOverlay(null)} />
      <ShortcutHelp open={overlay === "help"} onClose={() => setOverlay(null)} />
    </div>
  );
}

function OpenChat({ id, details, onDetails }: { id: string; details: boolean; onDetails: () => void }) {
  const { client, changes } = useUnisono();
  useVersion(changes, id);
  const room = client.getRoom(id);
  const membership = room?.getMyMembership();
  if (!room || (membership !== "join" && membership !== "invite")) return <Empty icon={<MessagesSquare />}>{t("chat.missing")}</Empty>;
  return <Conversation key={`${id}-${membership}`} room={room} details={details} onDetails={onDetails} />;
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
