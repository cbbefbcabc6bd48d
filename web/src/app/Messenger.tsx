// The signed-in app: connects, sets up encryption in the background, and keeps the shell fed.
import { useCallback, useEffect, useMemo, useState } from "react";
import { ClientEvent, HttpApiEvent } from "matrix-js-sdk/lib/matrix";
import { openDirect } from "@/features/newchat/open-chat";
import { takeInviter } from "@/features/auth/sign-in";
import { createApi, publicApi } from "@/lib/api/client";
import { t } from "@/lib/i18n";
import { connect, type Connection, firstSync, start } from "@/lib/matrix/client";
import { UnisonoProvider, type Unisono } from "@/lib/matrix/context";
import { type EncryptionState, setUpEncryption } from "@/lib/matrix/encryption";
import { acceptDirectInvites } from "@/lib/matrix/invitations";
import { tryLateKeys } from "@/lib/matrix/late-keys";
import { ChangeCounter } from "@/lib/matrix/observe";
import { forgetSession, type Session } from "@/lib/matrix/session";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { toast } from "@/ui/Toast";
import { go } from "./routes";
import { Shell } from "./Shell";
import { Splash } from "./Splash";

interface MessengerProps {
  session: Session;
  password: string | null;
  onLeave: () => void;
}

// Kept outside of React: one connection per session, however often a component is mounted.
let connection: { deviceId: string; made: Promise<Connection & { changes: ChangeCounter }> } | null = null;

function connectOnce(session: Session, password: string | null) {
  if (connection?.deviceId !== session.deviceId) {
    const made = connect(session).then(async (ready) => {
      if (password) ready.secrets.offer(password);
      const changes = new ChangeCounter(ready.client);
      acceptDirectInvites(ready.client);
      tryLateKeys(ready.client);
      await start(ready.client);
      return { ...ready, changes };
    });
    connection = { deviceId: session.deviceId, made };
  }
  return connection.made;
}

export default function Messenger({ session, password, onLeave }: MessengerProps) {
  const [ready, setReady] = useState<(Connection & { changes: ChangeCounter }) | null>(null);
  const [failed, setFailed] = useState(false);
  const [encryption, setEncryption] = useState<EncryptionState>("unknown");

  const leave = useCallback(
    async (ended: boolean) => {
      const current = await connection?.made.catch(() => null);
      connection = null;
      if (current) {
        if (!ended) await current.client.logout(true).catch(() => undefined);
        current.client.stopClient();
        await current.client.clearStores().catch(() => undefined);
        current.secrets.forget();
      }
      await forgetSession();
      onLeave();
    },
    [onLeave],
  );

  useEffect(() => {
    let live = true;
    connectOnce(session, password).then(
      (made) => {
        if (!live) return;
        setReady(made);
        made.client.once(HttpApiEvent.SessionLoggedOut, () => {
          toast(t("session.ended"), { tone: "red" });
          void leave(true);
        });
      },
      (error: unknown) => {
        console.error("the messenger could not open", error);
        connection = null;
        if (live) setFailed(true);
      },
    );
    return () => {
      live = false;
    };
  }, [session, password, leave]);

  useEffect(() => {
    if (!ready) return;
    void arrive(ready, setEncryption);
  }, [ready]);

  // Made once: pages that began something with it must not see it change.
  const api = useMemo(() => ready && createApi(() => ready.client.getAccessToken()), [ready]);
  const value = useMemo<Unisono | null>(
    () =>
      ready &&
      api && {
        client: ready.client,
        changes: ready.changes,
        secrets: ready.secrets,
        api,
        userId: session.userId,
        encryption,
        setEncryption,
        signOut: () => leave(false),
      },
    [ready, api, session.userId, encryption, leave],
  );

  if (failed) {
    return (
      <main>
        <Empty
          title={t("open.failed")}
          action={
            <>
              <Button look="primary" onClick={() => window.location.reload()}>
                {t("action.retry")}
              </Button>
              <Button look="quiet" onClick={() => void leave(false)}>
                {t("settings.signOut")}
              </Button>
            </>
          }
        >
          {t("open.failed.lead")}
        </Empty>
      </main>
    );
  }
  if (!value) return <Splash />;
  return (
    <UnisonoProvider value={value}>
      <Shell />
    </UnisonoProvider>
  );
}

/** What happens once after the list of chats is there. */
async function arrive({ client, secrets }: Connection, setEncryption: (state: EncryptionState) => void) {
  await firstSync(client);
  setUpEncryption(client, secrets).then(
    (state) => {
      setEncryption(state);
      if (state === "ready") secrets.dropPassword();
    },
    (error: unknown) => console.warn("encryption is not set up yet", error),
  );
  const inviter = takeInviter() ?? (await inviterOfAddress());
  if (inviter && inviter !== client.getUserId()) {
    openDirect(client, inviter).then(
      (room) => go("chats", room),
      () => toast(t("newChat.failed"), { tone: "red" }),
    );
  }
  client.on(ClientEvent.SyncUnexpectedError, () => undefined);
}

/** Somebody who has a login already opened an invitation. */
async function inviterOfAddress(): Promise<string | null> {
  if (!window.location.pathname.startsWith("/invite")) return null;
  const token = window.location.hash.replace(/^#/, "");
  history.replaceState(null, "", "/#/chats");
  return publicApi.inviter(token).then(
    (answer) => answer.inviter.user_id,
    () => null,
  );
}
