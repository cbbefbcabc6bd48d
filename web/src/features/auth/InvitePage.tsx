import { useEffect, useState } from "react";
import { publicApi } from "@/lib/api/client";
import type { Inviter } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { localPart } from "@/lib/matrix/ids";
import { initialsOf } from "@/ui/initials";
import styles from "./auth.module.css";
import { RegisterForm } from "./RegisterForm";
import { rememberInviter, type SignedIn } from "./sign-in";
import { SignInForm } from "./SignInForm";

/** Somebody opened an invitation: they register, and land in the chat with the inviter. */
export function InvitePage({ token, onEnter }: { token: string; onEnter: (signedIn: SignedIn) => void }) {
  const [inviter, setInviter] = useState<Inviter | null>(null);
  const [hasLogin, setHasLogin] = useState(false);

  useEffect(() => {
    publicApi.inviter(token).then(
      (answer) => {
        setInviter(answer.inviter);
        rememberInviter(answer.inviter.user_id);
      },
      // Without the inviter's name the invitation still works.
      () => undefined,
    );
  }, [token]);

  const name = inviter ? inviter.display_name || localPart(inviter.user_id) : null;
  if (hasLogin) return <SignInForm onEnter={onEnter} onRegister={() => setHasLogin(false)} />;
  return (
    <RegisterForm
      token={token}
      title={name ? t("invite.title", { name }) : t("invite.titleAnonymous")}
      lead={t("invite.lead")}
      top={
        name ? (
          <span className={styles.face} aria-hidden="true">
            {initialsOf(name)}
          </span>
        ) : undefined
      }
      onEnter={onEnter}
      onSignIn={() => setHasLogin(true)}
    />
  );
}
