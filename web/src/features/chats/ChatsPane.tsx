import { Archive, MessageCirclePlus, Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { SyncState } from "matrix-js-sdk/lib/matrix";
import { EncryptionNotice } from "@/features/encryption/EncryptionNotice";
import { go } from "@/app/routes";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button, IconButton } from "@/ui/Button";
import { Empty, SkeletonRows } from "@/ui/Empty";
import styles from "./ChatsPane.module.css";
import { ConnectionLine } from "./ConnectionLine";
import { FilterChips } from "./FilterChips";
import { type Filter, networksOf, select } from "./filter";
import { MessageHits } from "./MessageHits";
import { RowList } from "./RowList";
import { useChats } from "./useChats";

interface ChatsPaneProps {
  openId: string | null;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  onNewChat: () => void;
}

export function ChatsPane({ openId, filter, onFilter, onNewChat }: ChatsPaneProps) {
  const { client } = useUnisono();
  const chats = useChats();
  const [query, setQuery] = useState("");
  const search = useRef<HTMLInputElement>(null);
  const shown = select(chats, filter, query);
  const loading = chats.length === 0 && client.getSyncState() !== SyncState.Syncing && client.getSyncState() !== SyncState.Prepared;
  const archived = chats.filter((chat) => chat.archived).length;

  useEffect(() => {
    const focus = () => search.current?.focus();
    window.addEventListener("unisono:search", focus);
    return () => window.removeEventListener("unisono:search", focus);
  }, []);

  return (
    <div className={styles.pane}>
      <header className={styles.header}>
        <h1>{t("chats.title")}</h1>
        <IconButton label={t("newChat.title")} onClick={onNewChat}>
          <MessageCirclePlus />
        </IconButton>
      </header>
      <div className={styles.search} role="search">
        <Search aria-hidden="true" />
        <input
          ref={search}
          type="search"
          placeholder={t("chats.search")}
          aria-label={t("chats.search")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              setQuery("");
              search.current?.blur();
            } else if (event.key === "Enter" && shown[0]) {
              go("chats", shown[0].id);
            }
          }}
        />
        {query ? (
          <IconButton label={t("action.clear")} small onClick={() => setQuery("")}>
            <X />
          </IconButton>
        ) : null}
      </div>
      <FilterChips filter={filter} networks={networksOf(chats)} onFilter={onFilter} />
      <ConnectionLine />
      <EncryptionNotice />
      {loading ? (
        <SkeletonRows />
      ) : (
        <RowList
          chats={shown}
          openId={openId}
          footer={
            <>
              {query.trim().length > 1 ? <MessageHits query={query.trim()} /> : null}
              {shown.length === 0 ? <NothingHere filter={filter} query={query} none={chats.length === 0} onNewChat={onNewChat} onAll={() => onFilter("all")} /> : null}
              {filter === "all" && !query && archived > 0 ? (
                <button type="button" className={styles.archive} onClick={() => onFilter("archived")}>
                  <Archive /> {t("chats.archive", { n: archived })}
                </button>
              ) : null}
            </>
          }
        />
      )}
    </div>
  );
}

interface NothingProps {
  filter: Filter;
  query: string;
  none: boolean;
  onNewChat: () => void;
  onAll: () => void;
}

function NothingHere({ filter, query, none, onNewChat, onAll }: NothingProps) {
  if (query) return <Empty>{t("chats.noMatch", { query })}</Empty>;
  if (none) {
    return (
      <Empty
        icon={<MessageCirclePlus />}
        title={t("chats.none.title")}
        action={
          <div className={styles.start}>
            <Button look="primary" wide onClick={() => go("accounts", "new")}>
              {t("accounts.add")}
            </Button>
            <Button wide onClick={onNewChat}>
              {t("newChat.title")}
            </Button>
          </div>
        }
      >
        {t("chats.none.lead")}
      </Empty>
    );
  }
  return (
    <Empty
      action={
        <Button look="quiet" onClick={onAll}>
          {t("chats.showAll")}
        </Button>
      }
    >
      {t(filter === "unread" ? "chats.allRead" : "chats.noneHere")}
    </Empty>
  );
}
