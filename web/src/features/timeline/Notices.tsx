import { useState } from "react";
import { t } from "@/lib/i18n";
import styles from "./Timeline.module.css";

/** Two lines at most; the rest of a run on request. */
export function Notices({ lines }: { lines: string[] }) {
  const [all, setAll] = useState(false);
  const shown = all || lines.length <= 2 ? lines : lines.slice(0, 1);
  const hidden = lines.length - shown.length;
  return (
    <div className={styles.notice}>
      {shown.map((line, index) => (
        <p key={index}>{line}</p>
      ))}
      {hidden > 0 ? (
        <button type="button" onClick={() => setAll(true)}>
          {t("notice.more", { n: hidden })}
        </button>
      ) : null}
    </div>
  );
}
