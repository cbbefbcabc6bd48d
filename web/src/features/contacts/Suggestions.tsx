import { Link2 } from "lucide-react";
import { useState } from "react";
import type { Suggestion } from "@/lib/api/contacts";
import { showHandle } from "@/lib/handles";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { dismiss, idsOf, merge } from "./contact-actions";
import { ContactFace } from "./ContactFace";
import styles from "./Contacts.module.css";

/** "Same person?": people who share a number or an address. */
export function Suggestions({ suggestions, onChange }: { suggestions: Suggestion[]; onChange: () => void }) {
  if (suggestions.length === 0) return null;
  return (
    <section className={styles.suggestions} aria-label={t("contacts.samePerson")}>
      <h2>
        <Link2 aria-hidden="true" /> {t("contacts.samePerson")}
      </h2>
      <ul>
        {suggestions.map((suggestion) => (
          <li key={idsOf(suggestion.contacts).join()}>
            <OneSuggestion suggestion={suggestion} onChange={onChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OneSuggestion({ suggestion, onChange }: { suggestion: Suggestion; onChange: () => void }) {
  const { api } = useUnisono();
  const [busy, setBusy] = useState(false);
  const act = (work: () => Promise<boolean>) => {
    setBusy(true);
    void work().finally(() => setBusy(false));
  };
  return (
    <article className={styles.suggestion} aria-label={suggestion.contacts.map(({ name }) => name).join(", ")}>
      <ul className={styles.pair}>
        {suggestion.contacts.map((contact) => (
          <li key={contact.members[0]?.user_id}>
            <ContactFace contact={contact} size={38} />
          </li>
        ))}
      </ul>
      <p>{t("contacts.sharedHandle", { handle: showHandle(suggestion.handle) })}</p>
      <div className={styles.answers}>
        <Button disabled={busy} onClick={() => act(() => dismiss(api, suggestion.contacts, onChange))}>
          {t("contacts.notSame")}
        </Button>
        <Button look="primary" disabled={busy} onClick={() => act(() => merge(api, suggestion.contacts, undefined, onChange))}>
          {t("contacts.merge")}
        </Button>
      </div>
    </article>
  );
}
