import { Check, Copy } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { t } from "@/lib/i18n";
import { IconButton } from "./Button";
import styles from "./Field.module.css";

/** Something to be taken elsewhere: shown whole, copied with one press. */
export function CopyField({ label, value, hint }: { label: string; value: string; hint?: string }) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <input id={id} className={styles.copied} value={value} readOnly spellCheck={false} aria-describedby={hint ? `${id}-hint` : undefined} onFocus={(event) => event.target.select()} />
        <IconButton label={copied ? t("action.copied") : t("action.copyOf", { what: label })} onClick={() => void copy()}>
          {copied ? <Check /> : <Copy />}
        </IconButton>
        <span role="status" className="visually-hidden">
          {copied ? t("action.copied") : ""}
        </span>
      </div>
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
