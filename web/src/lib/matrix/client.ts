// The one Matrix client of this page: made from the stored session, with its store and crypto.
import {
  ClientEvent,
  createClient,
  IndexedDBStore,
  type MatrixClient,
  PendingEventOrdering,
  SyncState,
} from "matrix-js-sdk/lib/matrix";
import { logger } from "matrix-js-sdk/lib/logger";
import { createSecretKeys, type SecretKeys } from "./secret-keys";
import type { Session } from "./session";

export interface Connection {
  client: MatrixClient;
  secrets: SecretKeys;
}

/** Ready to use when it returns; what was stored on this device is shown at once, the server is asked after. */
export async function connect(session: Session): Promise<Connection> {
  // The library logs every request; only its warnings matter to anybody.
  (logger as unknown as { setLevel?: (level: string) => void }).setLevel?.("warn");
  const secrets = createSecretKeys();
  const store = new IndexedDBStore({
    indexedDB: window.indexedDB,
    localStorage: window.localStorage,
    dbName: `unisono-${session.userId}`,
  });
  const client = createClient({
    baseUrl: window.location.origin,
    userId: session.userId,
    deviceId: session.deviceId,
    accessToken: session.accessToken,
    store,
    timelineSupport: true,
    cryptoCallbacks: secrets.callbacks,
    disableVoip: true,
  });
  await store.startup();
  await client.initRustCrypto({ useIndexedDB: true, cryptoDatabasePrefix: `unisono-crypto-${session.userId}` });
  return { client, secrets };
}

export async function start(client: MatrixClient): Promise<void> {
  await client.startClient({
    lazyLoadMembers: true,
    initialSyncLimit: 25,
    pendingEventOrdering: PendingEventOrdering.Detached,
  });
}

/** Resolves when the list of chats is complete for the first time. */
export function firstSync(client: MatrixClient): Promise<void> {
  const ready = (state: SyncState | null) => state === SyncState.Prepared || state === SyncState.Syncing;
  if (ready(client.getSyncState())) return Promise.resolve();
  return new Promise((resolve) => {
    const listen = (state: SyncState) => {
      if (!ready(state)) return;
      client.off(ClientEvent.Sync, listen);
      resolve();
    };
    client.on(ClientEvent.Sync, listen);
  });
}
