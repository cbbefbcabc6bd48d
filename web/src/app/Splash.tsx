import { t } from "@/lib/i18n";
import { Logo } from "@/ui/Logo";
import styles from "./Splash.module.css";

export function Splash() {
  return (
    <main className={styles.splash} aria-busy="true" aria-label={t("app.opening")}>
      <Logo size={64} />
    </main>
  );
}
