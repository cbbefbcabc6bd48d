import { Search } from "lucide-react";
import { t } from "@/lib/i18n";
import styles from "./NewChat.module.css";

export function PeopleSearch({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  return (
    <div className={styles.search}>
      <Search aria-hidden="true" />
      <input type="search" value={query} placeholder={t("newChat.find")} aria-label={t("newChat.find")} autoCapitalize="none" spellCheck={false} onChange={(event) => onQuery(event.target.value)} />
    </div>
  );
}
