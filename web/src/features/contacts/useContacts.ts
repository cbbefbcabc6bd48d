// The address book: asked for by what is typed, and again when anything about it changes.
import { useCallback, useEffect, useState } from "react";
import { ClientEvent, EventType, type MatrixEvent } from "matrix-js-sdk/lib/matrix";
import type { Contact, Suggestion } from "@/lib/api/contacts";
import { contactsType } from "@/lib/matrix/contacts";
import { useUnisono } from "@/lib/matrix/context";

/** Runs when contacts or chats of two have changed, on whatever device. */
function useBookChange(onChange: () => void) {
  const { client } = useUnisono();
  useEffect(() => {
    const types: string[] = [contactsType, EventType.Direct];
    const listen = (event: MatrixEvent) => types.includes(event.getType()) && onChange();
    client.on(ClientEvent.AccountData, listen);
    return () => void client.off(ClientEvent.AccountData, listen);
  }, [client, onChange]);
}

export function useContacts(query: string, active = true) {
  const { api } = useUnisono();
  const [contacts, setContacts] = useState<Contact[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  useBookChange(reload);
  useEffect(() => {
    if (!active) return;
    let live = true;
    const timer = setTimeout(
      () => {
        api.contacts(query.trim()).then(
          (list) => {
            if (!live) return;
            setContacts(list);
            setFailed(false);
          },
          () => live && setFailed(true),
        );
      },
      query ? 150 : 0,
    );
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [api, query, active, turn]);
  return { contacts, failed, reload };
}

export function useSuggestions() {
  const { api } = useUnisono();
  const [suggestions, setSuggestions] = useState<Suggestion[]>([]);
  const reload = useCallback(() => {
    api.suggestions().then(setSuggestions, () => setSuggestions([]));
  }, [api]);
  useEffect(reload, [reload]);
  useBookChange(reload);
  return { suggestions, reload };
}
