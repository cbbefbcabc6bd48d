import { AtSign, UserPlus, UserRound, UsersRound } from "lucide-react";
import { type ReactNode, useState } from "react";
import { t } from "@/lib/i18n";
import { Dialog } from "@/ui/Dialog";
import { AddressTab } from "./AddressTab";
import { GroupTab } from "./GroupTab";
import { InviteTab } from "./InviteTab";
import styles from "./NewChat.module.css";
import { PersonTab } from "./PersonTab";

type Tab = "person" | "group" | "address" | "invite";

export function NewChatDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t("newChat.title")}>
      {open ? <Tabs onClose={onClose} /> : null}
    </Dialog>
  );
}

function Tabs({ onClose }: { onClose: () => void }) {
  const [tab, setTab] = useState<Tab>("person");
  const tabs: { id: Tab; label: string; icon: ReactNode }[] = [
    { id: "person", label: t("newChat.person"), icon: <UserRound /> },
    { id: "group", label: t("newChat.group"), icon: <UsersRound /> },
    { id: "address", label: t("newChat.address"), icon: <AtSign /> },
    { id: "invite", label: t("invites.title"), icon: <UserPlus /> },
  ];
  return (
    <>
      <div className={styles.tabs} role="tablist" aria-label={t("newChat.title")}>
        {tabs.map(({ id, label, icon }) => (
          <button
            key={id}
            id={`new-${id}`}
            type="button"
            role="tab"
            aria-selected={tab === id}
            aria-controls="new-panel"
            tabIndex={tab === id ? 0 : -1}
            onClick={() => setTab(id)}
            onKeyDown={(event) => {
              const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              if (!step) return;
              const next = tabs[(tabs.findIndex((other) => other.id === id) + step + tabs.length) % tabs.length]!.id;
              setTab(next);
              document.getElementById(`new-${next}`)?.focus();
            }}
          >
            {icon}
            {label}
          </button>
        ))}
      </div>
      <div id="new-panel" role="tabpanel" aria-labelledby={`new-${tab}`} className={styles.panel}>
        {tab === "person" ? <PersonTab onClose={onClose} onInvite={() => setTab("invite")} /> : null}
        {tab === "group" ? <GroupTab onClose={onClose} /> : null}
        {tab === "address" ? <AddressTab onClose={onClose} /> : null}
        {tab === "invite" ? <InviteTab /> : null}
      </div>
    </>
  );
}
