import type { GuideStep } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { GuideFigure } from "./GuideFigure";
import styles from "./Guide.module.css";

/** How an account is obtained, step by step, each with a drawing of what one will see. */
export function Guide({ steps, docs }: { steps: GuideStep[]; docs: string | null }) {
  return (
    <section className={styles.guide} aria-label={t("wizard.howTo")}>
      <h3>{t("wizard.howTo")}</h3>
      <ol>
        {steps.map((step, index) => (
          <li key={index}>
            <span className={styles.number} aria-hidden="true">
              {index + 1}
            </span>
            <div>
              <p>{pick(step.text)}</p>
              {step.figure ? <GuideFigure figure={step.figure} /> : null}
            </div>
          </li>
        ))}
      </ol>
      {docs && /^https?:/.test(docs) ? (
        <a href={docs} target="_blank" rel="noreferrer noopener">
          {t("wizard.vendorPage")}
        </a>
      ) : null}
    </section>
  );
}
