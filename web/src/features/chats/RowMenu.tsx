import * as Radix from "@radix-ui/react-context-menu";
import { Archive, ArchiveRestore, Bell, BellOff, MailCheck, MailOpen, Star, StarOff } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import menu from "@/ui/Menu.module.css";
import { isUnread } from "./filter";
import { attempt, setArchived, setFavourite, setMuted, toggleRead } from "./row-actions";
import type { ChatSummary } from "./summary";

/** The menu of a row: right click, long press, or the menu key. */
export function RowMenu({ client, chat, children }: { client: MatrixClient; chat: ChatSummary; children: ReactElement }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={menu.menu} collisionPadding={8}>
          <Item icon={isUnread(chat) ? <MailOpen /> : <MailCheck />} onSelect={() => attempt(toggleRead(client, chat))}>
            {t(isUnread(chat) ? "chat.markRead" : "chat.markUnread")}
          </Item>
          <Item icon={chat.favourite ? <StarOff /> : <Star />} onSelect={() => attempt(setFavourite(client, chat, !chat.favourite))}>
            {t(chat.favourite ? "chat.unfavourite" : "chat.favour")}
          </Item>
          <Item icon={chat.muted ? <Bell /> : <BellOff />} onSelect={() => attempt(setMuted(client, chat, !chat.muted))}>
            {t(chat.muted ? "chat.unmute" : "chat.mute")}
          </Item>
          <Item icon={chat.archived ? <ArchiveRestore /> : <Archive />} onSelect={() => attempt(setArchived(client, chat, !chat.archived))}>
            {t(chat.archived ? "chat.unarchive" : "chat.archive")}
          </Item>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Item({ icon, onSelect, children }: { icon: ReactNode; onSelect: () => void; children: string }) {
  return (
    <Radix.Item className={menu.item} onSelect={onSelect}>
      <span className={menu.icon}>{icon}</span>
      <span className={menu.label}>{children}</span>
    </Radix.Item>
  );
}
