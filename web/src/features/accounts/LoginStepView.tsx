import { type FormEvent, useState } from "react";
import type { LoginStep } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { CopyField } from "@/ui/CopyField";
import { Callout } from "@/ui/Field";
import { QrCode } from "@/ui/QrCode";
import styles from "./AccountsPage.module.css";
import { LoginFields, startValues } from "./fields";
import type { Wrong } from "./useLogin";

interface StepViewProps {
  step: Exclude<LoginStep, { type: "done" }>;
  busy: boolean;
  wrong: Wrong | null;
  /** What was typed in earlier steps: not asked for again. */
  typed: Record<string, string>;
  onSubmit: (values: Record<string, string>) => void;
}

/** One step of signing in: fields, something to scan or copy, or a page of the vendor. */
export function LoginStepView({ step, busy, wrong, typed, onSubmit }: StepViewProps) {
  const [values, setValues] = useState<Record<string, string>>(() => (step.type === "fields" ? startValues(step.fields, typed) : {}));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    Object.assign(typed, values);
    onSubmit(values);
  };
  const known = step.type === "fields" && step.fields.some(({ id }) => id === wrong?.field);
  return (
    <form className={styles.form} onSubmit={submit} aria-label={pick(step.title)}>
      <h2>{pick(step.title)}</h2>
      {wrong && !known ? <Callout>{wrong.text}</Callout> : null}
      {"message" in step && step.message ? <p className={styles.lead}>{pick(step.message)}</p> : null}
      {step.type === "fields" ? <LoginFields fields={step.fields} values={values} wrong={wrong} onChange={(id, value) => setValues((old) => ({ ...old, [id]: value }))} /> : null}
      {step.type === "show" ? <Shown display={step.display} /> : null}
      {step.type === "open_page" ? (
        <Button look="primary" wide onClick={() => window.open(step.url, "_blank", "noopener,noreferrer")}>
          {t("wizard.openPage")}
        </Button>
      ) : null}
      {step.type === "fields" ? (
        <Button type="submit" look="primary" wide busy={busy}>
          {t(busy ? "wizard.checking" : "wizard.connect")}
        </Button>
      ) : (
        <p className={styles.waiting} role="status">
          <i aria-hidden="true" />
          {t("wizard.waiting")}
        </p>
      )}
    </form>
  );
}

function Shown({ display }: { display: { kind: "qr" | "code"; data: string } }) {
  if (display.kind === "code") return <output className={styles.code}>{display.data}</output>;
  return (
    <>
      <QrCode data={display.data} label={t("wizard.qr")} />
      <details className={styles.byHand}>
        <summary>{t("wizard.noCamera")}</summary>
        <CopyField label={t("wizard.qrText")} value={display.data} />
      </details>
    </>
  );
}
