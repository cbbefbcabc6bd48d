import { ShieldCheck } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { t } from "@/lib/i18n";
import { register } from "@/lib/matrix/auth";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Field";
import styles from "./auth.module.css";
import { AuthPage } from "./AuthPage";
import { NewLoginFields, useNewLogin } from "./NewLoginFields";
import { checkNewLogin, type Problem, problemOf, type SignedIn, signedIn } from "./sign-in";

interface RegisterFormProps {
  /** Of an invitation; without one the server must be open. */
  token: string | null;
  title?: string;
  lead?: string;
  top?: ReactNode;
  onEnter: (signedIn: SignedIn) => void;
  onSignIn: () => void;
}

export function RegisterForm({ token, title, lead, top, onEnter, onSignIn }: RegisterFormProps) {
  const login = useNewLogin();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { name, username, password } = login.value;
    const wrong = checkNewLogin(username, password);
    setProblem(wrong);
    if (wrong) return;
    setBusy(true);
    try {
      const result = await register(username, password, token);
      await giveName(result.user_id, result.access_token, name.trim());
      onEnter(signedIn(result, password));
    } catch (error) {
      setProblem(problemOf(error, "register"));
      setBusy(false);
    }
  }

  return (
    <AuthPage title={title ?? t("register.title")} lead={lead ?? t("register.lead")} top={top}>
      <form className={styles.form} onSubmit={submit}>
        {problem && !problem.field ? <Callout>{problem.text}</Callout> : null}
        <NewLoginFields login={login} problem={problem} />
        <Button type="submit" look="primary" wide busy={busy} className={styles.submit}>
          {t("register.submit")}
        </Button>
      </form>
      <p className={styles.promise}>
        <ShieldCheck /> {t("register.promise")}
      </p>
      <p className={styles.switch}>
        {t("register.haveLogin")}{" "}
        <button type="button" onClick={onSignIn}>
          {t("signIn.submit")}
        </button>
      </p>
    </AuthPage>
  );
}

/** A name that could not be set is no reason to fail: it can be set later. */
async function giveName(userId: string, token: string, displayname: string) {
  if (!displayname) return;
  await fetch(`/_matrix/client/v3/profile/${encodeURIComponent(userId)}/displayname`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ displayname }),
  }).catch(() => undefined);
}
