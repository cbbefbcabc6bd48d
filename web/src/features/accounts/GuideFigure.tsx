// The drawings of a guide, made from data in the app's own style. Each is one picture to a screen reader,
// with its content as the alternative text.
import { ChevronRight, MousePointer2 } from "lucide-react";
import type { Figure } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import styles from "./Guide.module.css";

export function figureText(figure: Figure): string {
  switch (figure.kind) {
    case "menu":
      return t("figure.menu", { path: figure.path.join(" › ") });
    case "form":
      return t("figure.form", { fields: figure.fields.map(([label, value]) => `${label}: ${value || t("figure.yours")}`).join("; ") });
    case "chat":
      return t("figure.chat", { lines: figure.lines.map(([mine, text]) => `${mine ? t("chat.you") : t("figure.other")}: ${text}`).join(" · ") });
    case "scan":
      return t("figure.scan");
  }
}

export function GuideFigure({ figure }: { figure: Figure }) {
  return (
    <div className={styles.figure} data-kind={figure.kind} role="img" aria-label={figureText(figure)}>
      <div aria-hidden="true">{draw(figure)}</div>
    </div>
  );
}

function draw(figure: Figure) {
  switch (figure.kind) {
    case "menu":
      return <MenuFigure path={figure.path} />;
    case "form":
      return <FormFigure fields={figure.fields} />;
    case "chat":
      return <ChatFigure lines={figure.lines} />;
    case "scan":
      return <ScanFigure />;
  }
}

/** The way through a vendor's pages: a window whose crumbs end at what is pressed. */
function MenuFigure({ path }: { path: string[] }) {
  return (
    <div className={styles.window}>
      <i className={styles.dots} />
      <div className={styles.crumbs}>
        {path.map((word, index) => (
          <span key={index} className={styles.crumb}>
            {index > 0 ? <ChevronRight /> : null}
            <b data-last={index === path.length - 1 || undefined}>
              {word}
              {index === path.length - 1 ? <MousePointer2 className={styles.pointer} /> : null}
            </b>
          </span>
        ))}
      </div>
    </div>
  );
}

function FormFigure({ fields }: { fields: [string, string][] }) {
  return (
    <div className={styles.window}>
      <i className={styles.dots} />
      <div className={styles.form}>
        {fields.map(([label, value], index) => (
          <div key={index}>
            <small>{label}</small>
            <span data-empty={value ? undefined : true}>{value}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function ChatFigure({ lines }: { lines: [boolean, string][] }) {
  return (
    <div className={styles.chat}>
      {lines.map(([mine, text], index) => (
        <span key={index} data-mine={mine || undefined}>
          {text}
        </span>
      ))}
    </div>
  );
}

/** A code on a screen, and the phone that takes it up. */
function ScanFigure() {
  const dark = "M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 1h2v3H9zM12 5h1v2h-1zM9 9h3v2H9zM14 9h2v2h-2zM18 10h3v2h-3zM1 9h3v2H1zM9 14h2v3H9zM13 13h3v2h-3zM17 16h2v2h-2zM12 18h3v3h-3zM19 19h2v2h-2z";
  return (
    <svg className={styles.scan} viewBox="0 0 240 110">
      <rect x="8" y="8" width="128" height="86" rx="8" className={styles.screen} />
      <path d="M48 102h48" className={styles.edge} />
      <g transform="translate(44 22) scale(2.700)">
        <path d={dark} className={styles.code} />
        <path d="M2 2h3v3H2zM16 2h3v3h-3zM2 16h3v3H2z" className={styles.code} />
        <path d="M1.200 1.200h4.600v4.600H1.200zM15.200 1.200h4.600v4.600h-4.600zM1.200 15.200h4.600v4.600H1.200z" className={styles.hole} />
        <path d="M2.500 2.500h2v2h-2zM16.500 2.500h2v2h-2zM2.500 16.500h2v2h-2z" className={styles.code} />
      </g>
      <path d="M144 50l34-16M144 56l34 14" className={styles.ray} />
      <rect x="180" y="18" width="46" height="78" rx="9" className={styles.screen} />
      <path d="M192 42v-5h5M209 37h5v5M192 66v5h5M214 66v5h-5" className={styles.edge} />
      <path d="M191 54h24" className={styles.ray} />
    </svg>
  );
}
