import { Clock, LayoutTemplate } from "lucide-react";
import { t } from "@/lib/i18n";
import { formatHours, formatLeft } from "@/lib/i18n/format";
import { Button } from "@/ui/Button";
import styles from "./Composer.module.css";
import type { ReplyWindow } from "./window";

interface WindowLineProps {
  window: ReplyWindow;
  length: number;
  network: string;
  templates: boolean;
  onTemplates: () => void;
}

const soon = 2 * 3_600_000;

/** How long free text is possible still, or what is possible instead. */
export function WindowLine({ window, length, network, templates, onTemplates }: WindowLineProps) {
  if (window.state === "none") return null;
  if (window.state === "open") {
    return (
      <p className={styles.window} data-soon={window.left < soon || undefined}>
        <Clock aria-hidden="true" />
        {t("window.left", { time: formatLeft(window.left) })}
      </p>
    );
  }
  return (
    <div className={styles.closed} role="status">
      <p>
        <strong>{t(window.ever ? "window.closed" : "window.never")}</strong> {t("window.why", { network, time: formatHours(length) })}
      </p>
      {templates ? (
        <Button look="primary" icon={<LayoutTemplate />} onClick={onTemplates}>
          {t("templates.choose")}
        </Button>
      ) : null}
    </div>
  );
}
