import { useEffect, useState } from "react";
import { publicApi } from "@/lib/api/client";
import type { ServerInfo } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { AuthPage } from "./AuthPage";
import { InvitePage } from "./InvitePage";
import { RegisterForm } from "./RegisterForm";
import { SetUpForm } from "./SetUpForm";
import type { SignedIn } from "./sign-in";
import { SignInForm } from "./SignInForm";

type View = "sign-in" | "register";

/** Shows the page that the address and the server's state ask for. */
export function AuthGate({ onEnter }: { onEnter: (signedIn: SignedIn) => void }) {
  const [server, setServer] = useState<ServerInfo | null>(null);
  const [offline, setOffline] = useState(false);
  const [view, setView] = useState<View>("sign-in");
  const path = window.location.pathname;
  const token = window.location.hash.replace(/^#/, "");

  const ask = () => {
    setOffline(false);
    publicApi.server().then(setServer, () => setOffline(true));
  };
  useEffect(ask, []);

  if (path.startsWith("/setup") && token && (!server || server.needs_setup)) {
    return <SetUpForm token={token} onEnter={onEnter} />;
  }
  if (path.startsWith("/invite") && token) return <InvitePage token={token} onEnter={onEnter} />;
  if (server?.needs_setup) {
    return (
      <AuthPage title={t("setup.waiting.title")} lead={t("setup.waiting.lead")}>
        <Button wide onClick={ask}>
          {t("action.retry")}
        </Button>
      </AuthPage>
    );
  }
  const mayRegister = server?.registration === "open";
  if (view === "register") return <RegisterForm token={null} onEnter={onEnter} onSignIn={() => setView("sign-in")} />;
  return <SignInForm offline={offline} onEnter={onEnter} onRegister={mayRegister ? () => setView("register") : undefined} />;
}
