import { Mail, Quote } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { formatDateTime } from "@/lib/i18n/format";
import { openOriginal } from "../original";
import styles from "./bodies.module.css";
import { PlainText, TextBody } from "./TextBody";

interface Address {
  name?: string | null;
  address?: string;
}

/** `org.unisono.email` of a message. */
export interface MailContent {
  subject?: string;
  from?: Address;
  to?: Address[];
  cc?: Address[];
  date?: number;
  quote?: string | null;
  signature?: string | null;
  has_html?: boolean;
  has_remote_images?: boolean;
  list?: { unsubscribe?: string | null } | null;
  auto?: boolean;
}

export const mailOf = (content: Record<string, unknown>): MailContent | null =>
  (content["org.unisono.email"] as MailContent | undefined) ?? null;

const nameOfAddress = ({ name, address }: Address) => (name && address && name !== address ? `${name} <${address}>` : (address ?? name ?? ""));

export function MailBody({ content, mail, id, first }: { content: Record<string, unknown>; mail: MailContent; id: string; first: boolean }) {
  const [folded, setFolded] = useState(true);
  const [heads, setHeads] = useState(false);
  const hidden = [mail.signature, mail.quote].filter((part): part is string => Boolean(part?.trim()));
  const empty = !String(content.body ?? "").trim();
  return (
    <div className={styles.mail}>
      {first && mail.subject ? (
        <button type="button" className={styles.subject} aria-expanded={heads} onClick={() => setHeads(!heads)} title={t("mail.details")}>
          {mail.subject}
        </button>
      ) : null}
      {heads ? <Heads mail={mail} /> : null}
      {mail.auto ? <p className={styles.auto}>{t("mail.auto")}</p> : null}
      {empty ? <p className={styles.quiet}>{t("message.empty")}</p> : <TextBody content={content} />}
      {folded
        ? null
        : hidden.map((part, index) => (
            <blockquote key={index} className={styles.folded} dir="auto">
              <PlainText text={part} />
            </blockquote>
          ))}
      <div className={styles.mailTools}>
        {hidden.length > 0 ? (
          <button type="button" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
            <Quote /> {t(folded ? (mail.quote ? "mail.showQuote" : "mail.showSignature") : "mail.hideQuote")}
          </button>
        ) : null}
        {mail.has_html ? (
          <button type="button" onClick={() => openOriginal(id)}>
            <Mail /> {t("mail.original")}
          </button>
        ) : null}
      </div>
    </div>
  );
}

function Heads({ mail }: { mail: MailContent }) {
  const rows: [string, string][] = [
    [t("mail.from"), mail.from ? nameOfAddress(mail.from) : ""],
    [t("mail.to"), (mail.to ?? []).map(nameOfAddress).join(", ")],
    [t("mail.cc"), (mail.cc ?? []).map(nameOfAddress).join(", ")],
    [t("mail.date"), mail.date ? formatDateTime(mail.date) : ""],
  ];
  return (
    <dl className={styles.heads}>
      {rows
        .filter(([, value]) => value)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
