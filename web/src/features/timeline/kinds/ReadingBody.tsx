import { CircuitBoard, Power } from "lucide-react";
import { t } from "@/lib/i18n";
import { formatMeasured } from "@/lib/i18n/format";
import type { Reading } from "./card";
import styles from "./cards.module.css";

/** What a device says of itself: its values, and whether it is on. */
export function ReadingBody({ reading }: { reading: Reading }) {
  const [single] = reading.fields.length === 1 ? reading.fields : [];
  return (
    <div className={styles.reading}>
      <header>
        <span className={styles.device} data-state={reading.state ?? undefined}>
          {reading.state ? <Power aria-hidden="true" /> : <CircuitBoard aria-hidden="true" />}
        </span>
        <strong dir="auto">{reading.title || t("reading.device")}</strong>
        {reading.state ? (
          <span className={styles.state} data-state={reading.state}>
            {t(reading.state === "on" ? "reading.on" : "reading.off")}
          </span>
        ) : null}
      </header>
      {single ? (
        <p className={styles.single}>
          <b>
            {formatMeasured(single.value)}
            {single.unit ? <small>{single.unit}</small> : null}
          </b>
          {single.label ? <span>{single.label}</span> : null}
        </p>
      ) : (
        <dl className={styles.fields}>
          {reading.fields.map((field, index) => (
            <div key={index}>
              <dt>{field.label}</dt>
              <dd>
                {formatMeasured(field.value)}
                {field.unit ? <small>{field.unit}</small> : null}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
