import { type FormEvent, useState } from "react";
import { t } from "@/lib/i18n";
import { signIn } from "@/lib/matrix/auth";
import { Button } from "@/ui/Button";
import { Callout, Field } from "@/ui/Field";
import styles from "./auth.module.css";
import { AuthPage } from "./AuthPage";
import { type Problem, problemOf, type SignedIn, signedIn } from "./sign-in";

interface SignInFormProps {
  offline?: boolean;
  lead?: string;
  onEnter: (signedIn: SignedIn) => void;
  onRegister?: () => void;
}

export function SignInForm({ offline, lead, onEnter, onRegister }: SignInFormProps) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      onEnter(signedIn(await signIn(username, password), password));
    } catch (error) {
      setProblem(problemOf(error, "sign-in"));
      setBusy(false);
    }
  }

  return (
    <AuthPage title={t("signIn.title")} lead={lead ?? t("signIn.lead")}>
      {offline && !problem ? <Callout tone="amber">{t("auth.error.offline")}</Callout> : null}
      <form className={styles.form} onSubmit={submit}>
        {problem && !problem.field ? <Callout>{problem.text}</Callout> : null}
        <Field
          label={t("field.username")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          error={problem?.field === "username" ? problem.text : null}
          onChange={(event) => setUsername(event.target.value)}
        />
        <Field
          label={t("field.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          error={problem?.field === "password" ? problem.text : null}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" look="primary" wide busy={busy} className={styles.submit}>
          {t("signIn.submit")}
        </Button>
      </form>
      {onRegister ? (
        <p className={styles.switch}>
          {t("signIn.noLogin")}{" "}
          <button type="button" onClick={onRegister}>
            {t("register.title")}
          </button>
        </p>
      ) : null}
    </AuthPage>
  );
}
