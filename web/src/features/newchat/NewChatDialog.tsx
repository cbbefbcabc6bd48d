import { UserPlus, UserRound, UsersRound } from "lucide-react";
import { type ReactNode, useState } from "react";
import { t } from "@/lib/i18n";
import { Dialog } from "@/ui/Dialog";
import { GroupTab } from "./GroupTab";
import { InviteTab } from "./InviteTab";
import styles from "./NewChat.module.css";
import { StartTab } from "./StartTab";

type Tab = "person" | "group" | "invite";

/** `start`: whom to write to, as far as it is known; `null` while the dialog is closed. */
export function NewChatDialog({ start, onClose }: { start: string | null; onClose: () => void }) {
  return (
    <Dialog open={start !== null} onClose={onClose} title={t("newChat.title")}>
      {start !== null ? <Tabs start={start} onClose={onClose} /> : null}
    </Dialog>
  );
}

function Tabs({ start, onClose }: { start: string; onClose: () => void }) {
  const [tab, setTab] = useState<Tab>("person");
  const tabs: { id: Tab; label: string; icon: ReactNode }[] = [
    { id: "person", label: t("newChat.person"), icon: <UserRound /> },
    { id: "group", label: t("newChat.group"), icon: <UsersRound /> },
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
        {tab === "person" ? <StartTab start={start} onClose={onClose} onInvite={() => setTab("invite")} /> : null}
        {tab === "group" ? <GroupTab onClose={onClose} /> : null}
        {tab === "invite" ? <InviteTab /> : null}
      </div>
    </>
  );
}
