import { useMemo } from "react";
import { useUnisono } from "@/lib/matrix/context";
import { useVersion } from "@/lib/matrix/observe";
import { ChatList, type ChatSummary } from "./summary";
import type { ChangeCounter } from "@/lib/matrix/observe";

const lists = new WeakMap<ChangeCounter, ChatList>();

/** All chats, newest first. */
export function useChats(): ChatSummary[] {
  const { client, changes } = useUnisono();
  useVersion(changes);
  const list = useMemo(() => {
    const known = lists.get(changes) ?? new ChatList(client, changes);
    lists.set(changes, known);
    return known;
  }, [client, changes]);
  return list.list();
}
