import { type FormEvent, useState } from "react";
import { publicApi } from "@/lib/api/client";
import { t } from "@/lib/i18n";
import { deviceName } from "@/lib/matrix/auth";
import { Button } from "@/ui/Button";
import { Callout } from "@/ui/Field";
import styles from "./auth.module.css";
import { AuthPage } from "./AuthPage";
import { NewLoginFields, useNewLogin } from "./NewLoginFields";
import { checkNewLogin, type Problem, problemOf, type SignedIn, signedIn } from "./sign-in";

/** The first login of a fresh server, opened by the link that the server printed. */
export function SetUpForm({ token, onEnter }: { token: string; onEnter: (signedIn: SignedIn) => void }) {
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
      const result = await publicApi.setup({ token, username, password, display_name: name.trim(), device_name: deviceName() });
      onEnter(signedIn(result, password));
    } catch (error) {
      setProblem(problemOf(error, "setup"));
      setBusy(false);
    }
  }

  return (
    <AuthPage title={t("setup.title")} lead={t("setup.lead")}>
      <form className={styles.form} onSubmit={submit}>
        {problem && !problem.field ? <Callout>{problem.text}</Callout> : null}
        <NewLoginFields login={login} problem={problem} />
        <Button type="submit" look="primary" wide busy={busy} className={styles.submit}>
          {t("setup.submit")}
        </Button>
      </form>
    </AuthPage>
  );
}
