// Decides what this page is: set-up, invitation, sign-in, or the messenger.
import { lazy, Suspense, useCallback, useState, useSyncExternalStore } from "react";
import { AuthGate } from "@/features/auth/AuthGate";
import { InsecureNotice } from "@/features/auth/InsecureNotice";
import type { SignedIn } from "@/features/auth/sign-in";
import { language, onLanguage } from "@/lib/i18n";
import { loadSession, saveSession, type Session } from "@/lib/matrix/session";
import { TipProvider } from "@/ui/Tip";
import { Toasts } from "@/ui/Toast";
import { Splash } from "./Splash";

// The messenger brings the Matrix library and its crypto; the sign-in page is there before them.
const Messenger = lazy(() => import("./Messenger"));

export function App() {
  const lang = useSyncExternalStore(onLanguage, language);
  const [session, setSession] = useState<Session | null>(loadSession);
  const [password, setPassword] = useState<string | null>(null);

  const enter = useCallback((signedIn: SignedIn) => {
    const next = { userId: signedIn.userId, deviceId: signedIn.deviceId, accessToken: signedIn.accessToken };
    saveSession(next);
    setPassword(signedIn.password);
    history.replaceState(null, "", "/#/chats");
    setSession(next);
  }, []);

  const leave = useCallback(() => {
    setPassword(null);
    setSession(null);
  }, []);

  if (!window.isSecureContext || !window.indexedDB) return <InsecureNotice key={lang} />;
  return (
    <TipProvider delayDuration={350} skipDelayDuration={200}>
      {session ? (
        <Suspense fallback={<Splash />}>
          <Messenger key={`${session.deviceId}-${lang}`} session={session} password={password} onLeave={leave} />
        </Suspense>
      ) : (
        <AuthGate key={lang} onEnter={enter} />
      )}
      <Toasts />
    </TipProvider>
  );
}
