import { Search } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import { go } from "@/app/routes";
import { matches } from "@/features/chats/filter";
import { useChats } from "@/features/chats/useChats";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import { Dialog } from "@/ui/Dialog";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./QuickSwitch.module.css";

interface Target {
  id: string;
  label: string;
  run: () => void;
  chat?: { seed: string; picture: string | null; network: string | null };
}

/** Ctrl/Cmd-K: any chat or page, in a few letters. */
export function QuickSwitch({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t("switcher.title")} hideTitle>
      {open ? <Content onClose={onClose} /> : null}
    </Dialog>
  );
}

function Content({ onClose }: { onClose: () => void }) {
  const { client } = useUnisono();
  const chats = useChats();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [query]);

  const pages: Target[] = [
    { id: "contacts", label: t("contacts.title"), run: () => go("contacts") },
    { id: "accounts", label: t("accounts.title"), run: () => go("accounts") },
    { id: "new-account", label: t("accounts.add"), run: () => go("accounts", "new") },
    { id: "settings", label: t("settings.title"), run: () => go("settings") },
  ];
  const found: Target[] = [
    ...chats
      .filter((chat) => matches({ ...chat, preview: null }, query))
      .slice(0, 8)
      .map((chat) => ({ id: chat.id, label: chat.name, chat, run: () => go("chats", chat.id) })),
    ...pages.filter(({ label }) => query.trim() && label.toLowerCase().includes(query.trim().toLowerCase())),
  ];

  const choose = (target: Target | undefined) => {
    if (!target) return;
    target.run();
    onClose();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };

  return (
    <div className={styles.switch}>
      <div className={styles.search}>
        <Search aria-hidden="true" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="quick-switch"
          aria-activedescendant={found[at] ? `quick-${at}` : undefined}
          aria-label={t("switcher.title")}
          placeholder={t("switcher.placeholder")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={keys}
        />
      </div>
      <ul id="quick-switch" role="listbox" aria-label={t("switcher.title")}>
        {found.map((target, index) => (
          <li key={target.id} id={`quick-${index}`} role="option" aria-selected={index === at} onPointerMove={() => setAt(index)} onClick={() => choose(target)}>
            {target.chat ? (
              <Avatar client={client} seed={target.chat.seed} name={target.label} mxc={target.chat.picture} size={32} badge={target.chat.network ? <NetworkMark network={target.chat.network} /> : undefined} />
            ) : null}
            <span>{target.label}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className={styles.none}>{t("chats.noMatch", { query })}</p> : null}
    </div>
  );
}
