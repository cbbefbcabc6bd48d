import { ExternalLink, List, MousePointerClick } from "lucide-react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { type Card, type CardChoice, choiceContent } from "./card";
import styles from "./cards.module.css";
import { PlainText } from "./TextBody";

interface CardBodyProps {
  card: Card;
  room: Room;
  id: string;
  own: boolean;
}

/** A text with buttons or a list. Somebody else's can be answered with one press. */
export function CardBody({ card, room, id, own }: CardBodyProps) {
  const { client } = useUnisono();
  const choose = (choice: CardChoice) => {
    client.sendMessage(room.roomId, choiceContent(choice, id) as never).catch(() => undefined);
    window.dispatchEvent(new CustomEvent("unisono:sent"));
  };
  return (
    <div className={styles.card}>
      <p dir="auto">
        <PlainText text={card.text} />
      </p>
      {card.buttons.length > 0 ? (
        <ul className={styles.buttons}>
          {card.buttons.map((button, index) => (
            <li key={`${button.id}-${index}`}>
              <Choice choice={button} own={own} onChoose={choose} />
            </li>
          ))}
        </ul>
      ) : null}
      {card.list ? (
        <details className={styles.list} open={own || undefined}>
          <summary>
            <List aria-hidden="true" /> {card.list.title || t("card.list")}
          </summary>
          {card.list.sections.map((section, at) => (
            <section key={at}>
              {section.title ? <h4>{section.title}</h4> : null}
              <ul className={styles.buttons}>
                {section.rows.map((row, index) => (
                  <li key={`${row.id}-${index}`}>
                    <Choice choice={row} own={own} onChoose={choose} />
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </details>
      ) : null}
    </div>
  );
}

function Choice({ choice, own, onChoose }: { choice: CardChoice; own: boolean; onChoose: (choice: CardChoice) => void }) {
  const content = (
    <>
      <span>
        {choice.label}
        {choice.description ? <small>{choice.description}</small> : null}
      </span>
      {choice.url ? <ExternalLink aria-hidden="true" /> : null}
    </>
  );
  if (choice.url) {
    return (
      <a className={styles.choice} href={choice.url} target="_blank" rel="noreferrer noopener">
        {content}
      </a>
    );
  }
  if (own) return <span className={styles.choice}>{content}</span>;
  return (
    <button type="button" className={styles.choice} onClick={() => onChoose(choice)}>
      {content}
    </button>
  );
}

/** What was chosen on a card. */
export function ChoiceBody({ label }: { label: string }) {
  return (
    <div className={styles.chosen}>
      <MousePointerClick aria-hidden="true" />
      <span className="visually-hidden">{t("card.chosen")} </span>
      <span dir="auto">{label}</span>
    </div>
  );
}
