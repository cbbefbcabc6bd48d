import { useState } from "react";
import { t } from "@/lib/i18n";
import { Field } from "@/ui/Field";
import { type Problem, proposeUsername } from "./sign-in";

export interface NewLogin {
  name: string;
  username: string;
  password: string;
}

/** Name, login and password; the login follows the name until it is changed by hand. */
export function useNewLogin() {
  const [value, setValue] = useState<NewLogin>({ name: "", username: "", password: "" });
  const [own, setOwn] = useState(false);
  return {
    value,
    setName: (name: string) => setValue((old) => ({ ...old, name, username: own ? old.username : proposeUsername(name) })),
    setUsername: (username: string) => {
      setOwn(true);
      setValue((old) => ({ ...old, username: username.toLowerCase() }));
    },
    setPassword: (password: string) => setValue((old) => ({ ...old, password })),
  };
}

export function NewLoginFields({ login, problem }: { login: ReturnType<typeof useNewLogin>; problem: Problem | null }) {
  const errorOf = (field: Problem["field"]) => (problem?.field === field ? problem?.text : null);
  return (
    <>
      <Field
        label={t("field.name")}
        name="name"
        autoComplete="name"
        autoFocus
        required
        hint={t("field.name.hint")}
        value={login.value.name}
        error={errorOf("name")}
        onChange={(event) => login.setName(event.target.value)}
      />
      <Field
        label={t("field.username")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        prefixText="@"
        value={login.value.username}
        error={errorOf("username")}
        onChange={(event) => login.setUsername(event.target.value)}
      />
      <Field
        label={t("field.password")}
        name="new-password"
        type="password"
        autoComplete="new-password"
        required
        hint={t("field.password.hint")}
        value={login.value.password}
        error={errorOf("password")}
        onChange={(event) => login.setPassword(event.target.value)}
      />
    </>
  );
}
