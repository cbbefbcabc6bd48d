import { Mail, MessageCirclePlus, Phone } from "lucide-react";
import { useEffect, useState } from "react";
import { startChatWith } from "@/features/newchat/request";
import { showHandle } from "@/lib/handles";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { download } from "@/lib/matrix/media";
import { type Card, readCard } from "@/lib/vcard";
import { Avatar } from "@/ui/Avatar";
import { type FileContent, nameOf, sourceOf } from "../useMedia";
import styles from "./cards.module.css";
import { FileBody } from "./FileBody";

const largest = 100_000;

/** A contact card, small enough to be looked at without being asked for. */
export function isContact(content: Record<string, unknown>): boolean {
  const { info, msgtype } = content as FileContent & { msgtype?: string };
  if (msgtype !== "m.file" || (info?.size ?? 0) > largest) return false;
  return /^text\/(x-)?vcard/i.test(info?.mimetype ?? "") || /\.vcf$/i.test(nameOf(content as FileContent));
}

export function ContactBody({ content, id }: { content: FileContent; id: string }) {
  const { client } = useUnisono();
  const [card, setCard] = useState<Card | null>(null);
  const address = content.file?.url ?? content.url;
  useEffect(() => {
    let live = true;
    download(client, sourceOf(content))
      .then((blob) => blob.text())
      .then(
        (text) => live && setCard(readCard(text)),
        () => undefined,
      );
    return () => {
      live = false;
    };
    // The address names the content.
  }, [client, address]);

  const name = card?.name || nameOf(content).replace(/\.vcf$/i, "");
  if (!card) return <FileBody content={content} id={id} />;
  const handles = [...card.phones.map((value) => ({ value, icon: <Phone aria-hidden="true" /> })), ...card.emails.map((value) => ({ value, icon: <Mail aria-hidden="true" /> }))];
  return (
    <div className={styles.contact}>
      <header>
        <Avatar client={client} seed={name} name={name} size={44} />
        <span>
          <strong dir="auto">{name}</strong>
          <small>{card.organisation || t("contacts.contact")}</small>
        </span>
      </header>
      <ul>
        {handles.slice(0, 8).map(({ value, icon }, index) => (
          <li key={index}>
            {icon}
            <span>{showHandle(value.replace(/[\s()/-]/g, "").startsWith("+") ? value.replace(/[\s()/-]/g, "") : value)}</span>
            <button type="button" onClick={() => startChatWith(value)} aria-label={t("contact.write", { handle: value })}>
              <MessageCirclePlus aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
