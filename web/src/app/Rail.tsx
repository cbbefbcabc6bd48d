import { Bell, BookUser, Command, MessageCircle, Plug, Settings, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useChats } from "@/features/chats/useChats";
import { type Filter, isUnread } from "@/features/chats/filter";
import { useOwnProfile } from "@/features/settings/own-profile";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import { Logo } from "@/ui/Logo";
import { Tip } from "@/ui/Tip";
import { go, hashOf, type Page, type Route } from "./routes";
import styles from "./Rail.module.css";

interface RailProps {
  route: Route;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  onSwitch: () => void;
}

export function Rail({ route, filter, onFilter, onSwitch }: RailProps) {
  const { client, userId } = useUnisono();
  const profile = useOwnProfile();
  const unread = useChats().filter((chat) => isUnread(chat) && !chat.archived && !chat.muted).length;
  const chats = (next: Filter) => {
    onFilter(next);
    go("chats", route.page === "chats" ? route.id : null);
  };
  return (
    <nav className={styles.rail} aria-label={t("rail.label")}>
      <span className={styles.logo}>
        <Logo size={36} />
      </span>
      <RailButton label={t("chats.title")} active={route.page === "chats" && filter !== "unread"} onClick={() => chats("all")}>
        <MessageCircle />
      </RailButton>
      <RailButton label={unread ? t("rail.unread", { n: unread }) : t("filter.unread")} active={route.page === "chats" && filter === "unread"} count={unread} onClick={() => chats("unread")}>
        <Bell />
      </RailButton>
      <RailButton label={t("contacts.title")} active={route.page === "contacts"} onClick={() => go("contacts")}>
        <BookUser />
      </RailButton>
      <RailButton label={t("accounts.title")} active={route.page === "accounts"} onClick={() => go("accounts")}>
        <Plug />
      </RailButton>
      <span className={styles.space} />
      <RailButton label={t("switcher.title")} keys={t("keys.switch")} onClick={onSwitch}>
        <Command />
      </RailButton>
      <RailButton label={t("settings.title")} active={route.page === "settings"} onClick={() => go("settings")}>
        <Settings />
      </RailButton>
      <Tip text={profile.name} side="right">
        <button type="button" className={styles.me} onClick={() => go("settings", "profile")} aria-label={t("settings.profile")}>
          <Avatar client={client} seed={userId} name={profile.name} mxc={profile.picture} size={38} />
        </button>
      </Tip>
    </nav>
  );
}

interface RailButtonProps {
  label: string;
  keys?: string;
  active?: boolean;
  count?: number;
  onClick: () => void;
  children: ReactNode;
}

function RailButton({ label, keys, active, count, onClick, children }: RailButtonProps) {
  return (
    <Tip text={label} keys={keys} side="right">
      <button type="button" className={styles.button} aria-label={label} aria-current={active ? "page" : undefined} onClick={onClick}>
        {children}
        {count ? <span className={styles.count}>{count > 99 ? "99+" : count}</span> : null}
      </button>
    </Tip>
  );
}

/** The phone's bar; away while a chat fills the screen. */
export function BottomBar({ route }: { route: Route }) {
  const unread = useChats().filter((chat) => isUnread(chat) && !chat.archived && !chat.muted).length;
  const pages: { page: Page; label: string; icon: ReactNode; count?: number }[] = [
    { page: "chats", label: t("chats.title"), icon: <MessageCircle />, count: unread },
    { page: "contacts", label: t("contacts.title"), icon: <BookUser /> },
    { page: "accounts", label: t("accounts.title"), icon: <Plug /> },
    { page: "settings", label: t("bar.you"), icon: <UserRound /> },
  ];
  return (
    <nav className={styles.bar} aria-label={t("rail.label")} data-hidden={(route.page === "chats" && route.id !== null) || undefined}>
      {pages.map(({ page, label, icon, count }) => (
        <a key={page} href={hashOf({ page, id: null })} aria-current={route.page === page ? "page" : undefined}>
          <span>
            {icon}
            {count ? <b className={styles.count}>{count > 99 ? "99+" : count}</b> : null}
          </span>
          {label}
        </a>
      ))}
    </nav>
  );
}
