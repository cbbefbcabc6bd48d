import { Fragment, memo, useMemo, useState } from "react";
import { stripReply } from "@/features/chats/preview";
import { t } from "@/lib/i18n";
import { cleanHtml, isJumbo, linkify } from "../sanitize";
import styles from "./bodies.module.css";

const longText = 2200;

export function PlainText({ text }: { text: string }) {
  return linkify(text).map((piece, index) =>
    piece.href ? (
      <a key={index} href={piece.href} target="_blank" rel="noreferrer noopener">
        {piece.text}
      </a>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
}

interface TextBodyProps {
  content: Record<string, unknown>;
  sender?: string;
}

export const TextBody = memo(function TextBody({ content, sender }: TextBodyProps) {
  const body = stripReply(typeof content.body === "string" ? content.body : "");
  const formatted = content.format === "org.matrix.custom.html" && typeof content.formatted_body === "string" ? content.formatted_body : null;
  const html = useMemo(() => (formatted ? cleanHtml(formatted) : null), [formatted]);
  const [whole, setWhole] = useState(false);
  const long = !whole && body.length > longText;
  if (content.msgtype === "m.emote") {
    return (
      <div className={styles.text}>
        <em>
          {sender} <PlainText text={body} />
        </em>
      </div>
    );
  }
  if (!html && isJumbo(body)) return <div className={styles.jumbo}>{body}</div>;
  return (
    <>
      {html ? (
        <div className={`${styles.text} ${styles.html}`} data-long={long || undefined} dir="auto" dangerouslySetInnerHTML={{ __html: html }} />
      ) : (
        <div className={styles.text} data-long={long || undefined} dir="auto">
          <PlainText text={body} />
        </div>
      )}
      {long ? (
        <button type="button" className={styles.more} onClick={() => setWhole(true)}>
          {t("message.showAll")}
        </button>
      ) : null}
    </>
  );
});
