// The connected accounts: asked for once, then kept live by account data that the server writes.
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { ClientEvent, type EventType } from "matrix-js-sdk/lib/matrix";
import type { Account, Channel, Channels, ClosedNetwork } from "@/lib/api/types";
import { useUnisono } from "@/lib/matrix/context";
import { learnNames } from "@/lib/matrix/network-names";

const liveType = "org.unisono.accounts" as EventType.Direct;

interface Answer {
  accounts: Account[] | null;
  failed: boolean;
}

let answer: Answer = { accounts: null, failed: false };
const listeners = new Set<() => void>();

function set(next: Answer) {
  answer = next;
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useAccounts() {
  const { client, api } = useUnisono();
  const current = useSyncExternalStore(subscribe, () => answer);
  const reload = useCallback(
    () =>
      api.accounts().then(
        (accounts) => set({ accounts, failed: false }),
        () => set({ accounts: answer.accounts, failed: answer.accounts === null }),
      ),
    [api],
  );
  useEffect(() => {
    void reload();
    const listen = (event: { getType: () => string; getContent: () => unknown }) => {
      if (event.getType() !== liveType) return;
      const accounts = (event.getContent() as unknown as { accounts?: Account[] }).accounts;
      if (!Array.isArray(accounts)) return;
      // The live copy may be leaner than the list: what it does not say stays as it was.
      const known = new Map(answer.accounts?.map((account) => [account.id, account]));
      set({ accounts: accounts.map((account) => ({ ...known.get(account.id), ...account })), failed: false });
    };
    client.on(ClientEvent.AccountData, listen);
    return () => void client.off(ClientEvent.AccountData, listen);
  }, [client, reload]);
  return { ...current, reload };
}

interface Networks {
  channels: Channel[] | null;
  closed: ClosedNetwork[];
  failed: boolean;
}

// The catalogue changes only with the server's version: asked for once per page.
let catalogue: Promise<Channels> | null = null;

export function useChannels(): Networks {
  const { api, changes } = useUnisono();
  const [networks, setNetworks] = useState<Networks>({ channels: null, closed: [], failed: false });
  useEffect(() => {
    let live = true;
    catalogue ??= api.channels().then((answer) => {
      learnNames(answer.channels);
      changes.touchAll();
      return answer;
    });
    catalogue.then(
      ({ channels, closed }) => live && setNetworks({ channels, closed: closed ?? [], failed: false }),
      () => {
        catalogue = null;
        if (live) setNetworks({ channels: null, closed: [], failed: true });
      },
    );
    return () => {
      live = false;
    };
  }, [api, changes]);
  return networks;
}
