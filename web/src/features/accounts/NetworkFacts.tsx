import { BadgeCheck, Check, Minus, TriangleAlert } from "lucide-react";
import type { Channel } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { formatHours, formatSize } from "@/lib/i18n/format";
import styles from "./Catalogue.module.css";
import { abilities } from "./networks";

/** Made with the vendor's blessing, or only with somebody else's program. */
export function OfficialMark({ official }: { official: boolean }) {
  return (
    <span className={styles.official} data-official={official}>
      {official ? <BadgeCheck aria-hidden="true" /> : <TriangleAlert aria-hidden="true" />}
      {t(official ? "networks.official" : "networks.unofficial")}
    </span>
  );
}

/** What works on a network. */
export function Abilities({ channel }: { channel: Channel }) {
  const all = abilities(channel.capabilities);
  const able = all.filter(({ degree }) => degree !== "none");
  const missing = all.filter(({ degree }) => degree === "none");
  return (
    <div className={styles.able}>
      <ul className={styles.chips}>
        {able.map(({ key, degree }) => (
          <li key={key} data-degree={degree}>
            <Check aria-hidden="true" />
            {t(key)}
            {degree === "degraded" ? <small>{t("able.degraded")}</small> : null}
          </li>
        ))}
      </ul>
      {missing.length > 0 ? (
        <p className={styles.missing}>
          <Minus aria-hidden="true" />
          <span>{t("able.missing", { what: missing.map(({ key }) => t(key)).join(", ") })}</span>
        </p>
      ) : null}
    </div>
  );
}

/** What a network costs, asks for and forbids, what it was tested against, and who can read along. */
export function NetworkFacts({ channel }: { channel: Channel }) {
  const { catalogue, capabilities } = channel;
  const numbers = [
    capabilities.max_file ? t("networks.maxFile", { size: formatSize(capabilities.max_file) }) : "",
    capabilities.max_text ? t("networks.maxText", { n: capabilities.max_text }) : "",
    capabilities.reply_window ? t("networks.window", { hours: formatHours(capabilities.reply_window) }) : "",
  ].filter(Boolean);
  const rows: [string, string][] = [
    [t("networks.cost"), pick(catalogue.cost)],
    [t("networks.rules"), pick(catalogue.rules)],
    [t("networks.limits"), [pick(catalogue.limits), ...numbers].filter(Boolean).join(" ")],
    [t("details.privacy"), pick(channel.privacy)],
    [t("networks.tested"), pick(catalogue.tested)],
  ];
  return (
    <section className={styles.facts} aria-label={t("networks.facts")}>
      <h3>{t("networks.works")}</h3>
      <Abilities channel={channel} />
      <h3>{t("networks.facts")}</h3>
      <dl>
        {rows
          .filter(([, value]) => value)
          .map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
