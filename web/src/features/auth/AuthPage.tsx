import { Languages } from "lucide-react";
import type { ReactNode } from "react";
import { language, setLanguage, t } from "@/lib/i18n";
import { Logo } from "@/ui/Logo";
import styles from "./auth.module.css";

export function AuthPage({ title, lead, children, top }: { title: string; lead?: string; children: ReactNode; top?: ReactNode }) {
  const other = language() === "de" ? "en" : "de";
  return (
    <div className={styles.page}>
      <main className={styles.card}>
        {top ?? <Logo size={52} />}
        <h1 className={styles.title}>{title}</h1>
        {lead ? <p className={styles.lead}>{lead}</p> : null}
        {children}
      </main>
      <footer className={styles.footer}>
        <button type="button" onClick={() => setLanguage(other)} lang={other}>
          <Languages /> {other === "de" ? t("language.de") : t("language.en")}
        </button>
      </footer>
    </div>
  );
}
