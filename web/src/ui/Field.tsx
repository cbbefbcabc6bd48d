import { Copy, Eye, EyeOff } from "lucide-react";
import { type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes, useId, useState } from "react";
import { t } from "@/lib/i18n";
import styles from "./Field.module.css";
import { toast } from "./Toast";

const copyText = (text: string) =>
  navigator.clipboard.writeText(text).then(
    () => toast(t("action.copied")),
    () => undefined,
  );

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
  error?: string | null;
  prefixText?: string;
  /** It is needed elsewhere, too: a button copies it. */
  copy?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function Field({ label, hint, error, prefixText, copy, className, type, ...rest }: FieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === "password";
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box} data-invalid={error ? true : undefined}>
        {prefixText ? <span className={styles.prefix}>{prefixText}</span> : null}
        <input
          id={id}
          type={secret && shown ? "text" : type}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          {...rest}
        />
        {copy ? (
          <button type="button" className={styles.eye} aria-label={t("action.copyOf", { what: label })} onClick={() => void copyText(String(rest.value ?? ""))}>
            <Copy />
          </button>
        ) : null}
        {secret ? (
          <button
            type="button"
            className={styles.eye}
            aria-label={shown ? t("field.hide") : t("field.show")}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff /> : <Eye />}
          </button>
        ) : null}
      </div>
      {error ? (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function TextArea({ label, hint, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <textarea id={id} rows={3} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      </div>
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

interface SelectProps {
  label: string;
  name?: string;
  hint?: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
}

export function Select({ label, name, hint, value, options, onChange }: SelectProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <div className={styles.box}>
        <select id={id} name={name} value={value} onChange={(event) => onChange(event.target.value)} aria-describedby={hint ? `${id}-hint` : undefined}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function Switch({ label, hint, checked, onChange, disabled }: { label: string; hint?: string; checked: boolean; onChange: (next: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <div className={styles.switchRow}>
      <span>
        <label htmlFor={id}>{label}</label>
        {hint ? <p className={styles.hint}>{hint}</p> : null}
      </span>
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={checked}
        disabled={disabled}
        className={styles.switch}
        onClick={() => onChange(!checked)}
      >
        <span className={styles.knob} />
      </button>
    </div>
  );
}

export function Callout({ tone = "red", children, action }: { tone?: "red" | "amber" | "calm"; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.callout} data-tone={tone} role={tone === "calm" ? undefined : "alert"}>
      <div>{children}</div>
      {action}
    </div>
  );
}
