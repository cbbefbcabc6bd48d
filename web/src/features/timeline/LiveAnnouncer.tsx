import { useEffect, useRef, useState } from "react";
import { previewOf } from "@/features/chats/preview";
import { t } from "@/lib/i18n";
import type { Item } from "./model";

/** Speaks new messages of others, not the history that is scrolled through. */
export function LiveAnnouncer({ items }: { items: readonly Item[] }) {
  const [spoken, setSpoken] = useState("");
  const newest = useRef<number | null>(null);
  useEffect(() => {
    const last = [...items].reverse().find((item) => item.type === "message");
    if (!last || last.type !== "message") return;
    const known = newest.current;
    newest.current = last.time;
    if (known === null || last.time <= known || last.own) return;
    setSpoken(t("timeline.announce", { name: last.senderName, text: previewOf(last.event).text }));
  }, [items]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {spoken}
    </p>
  );
}
