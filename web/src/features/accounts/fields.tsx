import type { FieldKind, LoginField } from "@/lib/api/types";
import { pick } from "@/lib/i18n";
import { Field, Select, TextArea } from "@/ui/Field";

const inputs: Record<FieldKind, { type: string; inputMode?: "tel" | "email" | "url" | "numeric" | "text"; autoComplete?: string }> = {
  text: { type: "text" },
  secret: { type: "password", autoComplete: "off" },
  phone: { type: "tel", inputMode: "tel", autoComplete: "tel" },
  email: { type: "email", inputMode: "email", autoComplete: "email" },
  url: { type: "url", inputMode: "url" },
  number: { type: "number", inputMode: "numeric" },
  select: { type: "text" },
  code: { type: "text", inputMode: "numeric", autoComplete: "one-time-code" },
};

interface LoginFieldsProps {
  fields: LoginField[];
  values: Record<string, string>;
  wrong: { field: string | null; text: string } | null;
  onChange: (id: string, value: string) => void;
}

/** Input fields as a network asks for them. */
export function LoginFields({ fields, values, wrong, onChange }: LoginFieldsProps) {
  return fields.map((field, index) => {
    const value = values[field.id] ?? "";
    if (field.kind === "select") {
      return (
        <Select
          key={field.id}
          name={field.id}
          label={pick(field.label)}
          hint={pick(field.hint) || undefined}
          value={value}
          options={field.options.map((option) => ({ value: option.value, label: pick(option.label) }))}
          onChange={(next) => onChange(field.id, next)}
        />
      );
    }
    if (field.kind === "text" && field.id === "signature") {
      // The one text that has lines, on every network.
      return <TextArea key={field.id} name={field.id} label={pick(field.label)} hint={pick(field.hint) || undefined} value={value} onChange={(event) => onChange(field.id, event.target.value)} />;
    }
    return (
      <Field
        key={field.id}
        label={pick(field.label)}
        hint={pick(field.hint) || undefined}
        error={wrong?.field === field.id ? wrong.text : null}
        {...inputs[field.kind]}
        name={field.id}
        required={field.required}
        // A secret that was made here is of use only when the other side gets it.
        copy={field.kind === "secret" && Boolean(field.value)}
        autoFocus={index === 0}
        autoCapitalize="none"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(field.id, event.target.value)}
      />
    );
  });
}

export function startValues(fields: LoginField[], settings: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      const stored = settings[field.id];
      const value = typeof stored === "string" || typeof stored === "number" || typeof stored === "boolean" ? String(stored) : field.value;
      return [field.id, value ?? (field.kind === "select" ? (field.options[0]?.value ?? "") : "")];
    }),
  );
}
