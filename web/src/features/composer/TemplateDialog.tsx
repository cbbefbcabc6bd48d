import { ArrowLeft, LayoutTemplate } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { useTemplates } from "@/features/accounts/TemplatesCard";
import type { Template } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { bridgeOf } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Empty";
import { Callout, Field } from "@/ui/Field";
import styles from "./TemplateDialog.module.css";
import { fillIn, parametersOf, placeLabel, templateContent } from "./template";

/** Chooses an approved text, fills it in, and shows what the other side will see. */
export function TemplateDialog({ room, open, onClose }: { room: Room; open: boolean; onClose: () => void }) {
  const [template, setTemplate] = useState<Template | null>(null);
  useEffect(() => setTemplate(null), [open, room]);
  return (
    <Dialog open={open} onClose={onClose} title={template ? template.name : t("templates.choose")}>
      {open && !template ? <List account={bridgeOf(room)?.account ?? null} onPick={setTemplate} /> : null}
      {open && template ? <FillIn key={`${template.name}-${template.language}`} room={room} template={template} onBack={() => setTemplate(null)} onClose={onClose} /> : null}
    </Dialog>
  );
}

function List({ account, onPick }: { account: number | null; onPick: (template: Template) => void }) {
  const { templates, failed } = useTemplates(account);
  const [query, setQuery] = useState("");
  if (failed) return <Callout tone="amber">{failed}</Callout>;
  if (!templates) return <SkeletonRows count={3} />;
  if (templates.length === 0) return <p className={styles.none}>{t("templates.none")}</p>;
  const found = templates.filter(({ name, body }) => `${name} ${body}`.toLowerCase().includes(query.trim().toLowerCase()));
  return (
    <>
      {templates.length > 5 ? <input className={styles.search} type="search" value={query} placeholder={t("templates.search")} aria-label={t("templates.search")} onChange={(event) => setQuery(event.target.value)} /> : null}
      <ul className={styles.list}>
        {found.map((template) => (
          <li key={`${template.name}-${template.language}`}>
            <button type="button" onClick={() => onPick(template)}>
              <LayoutTemplate aria-hidden="true" />
              <span>
                <strong>{template.name}</strong>
                <small>{template.language}</small>
                <span>{template.body}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function FillIn({ room, template, onBack, onClose }: { room: Room; template: Template; onBack: () => void; onClose: () => void }) {
  const { client } = useUnisono();
  const names = parametersOf(template);
  const [values, setValues] = useState<Record<string, string>>({});
  const complete = names.every((name) => values[name]?.trim());

  function send(event: FormEvent) {
    event.preventDefault();
    client.sendMessage(room.roomId, templateContent(template, values) as never).catch(() => undefined);
    window.dispatchEvent(new CustomEvent("unisono:sent"));
    onClose();
  }

  return (
    <form className={styles.form} onSubmit={send}>
      <div className={styles.preview} role="group" aria-label={t("templates.preview")}>
        <TemplatePreview template={template} values={values} />
      </div>
      {names.map((name, index) => (
        <Field key={name} label={placeLabel(name)} value={values[name] ?? ""} required autoFocus={index === 0} onChange={(event) => setValues({ ...values, [name]: event.target.value })} />
      ))}
      <DialogActions>
        <Button icon={<ArrowLeft />} onClick={onBack}>
          {t("action.back")}
        </Button>
        <Button type="submit" look="primary" disabled={!complete}>
          {t("composer.send")}
        </Button>
      </DialogActions>
    </form>
  );
}

export function TemplatePreview({ template, values }: { template: Template; values: Record<string, string> }) {
  return (
    <>
      {template.header ? <strong dir="auto">{fillIn(template.header, values)}</strong> : null}
      <p dir="auto">{fillIn(template.body, values)}</p>
      {template.footer ? <small dir="auto">{template.footer}</small> : null}
      {template.buttons.length > 0 ? (
        <ul>
          {template.buttons.map((button) => (
            <li key={button}>{button}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
