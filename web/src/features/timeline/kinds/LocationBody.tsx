import { ExternalLink } from "lucide-react";
import { mapUrl, readGeo, showPlace } from "@/lib/geo";
import { t } from "@/lib/i18n";
import styles from "./cards.module.css";

/** A place with its name and coordinates. The map is drawn by nobody until somebody opens one. */
export function LocationBody({ content }: { content: Record<string, unknown> }) {
  const place = readGeo(content.geo_uri);
  const body = typeof content.body === "string" ? content.body : "";
  const label = /^geo:/i.test(body) || (place && body === showPlace(place)) ? "" : body;
  return (
    <div className={styles.location}>
      <svg viewBox="0 0 260 96" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
        <path className={styles.ground} d="M0 0h260v96H0z" />
        <path className={styles.green} d="M0 0h74l-22 40L0 52zM188 96l14-36 58-14v50z" />
        <path className={styles.street} d="M-6 74L96 48l62-36 108-18M30-6l34 64 8 44M126-6l-8 50 44 58M84 51l74 20 108 6" />
        <path className={styles.pin} d="M130 66c-13-14-18-21-18-28a18 18 0 0 1 36 0c0 7-5 14-18 28z" />
        <circle className={styles.hole} cx="130" cy="38" r="6.500" />
      </svg>
      <strong dir="auto">{label || t("message.location")}</strong>
      {place ? (
        <>
          <small>{showPlace(place)}</small>
          <a href={mapUrl(place)} target="_blank" rel="noreferrer noopener">
            {t("message.openMap")} <ExternalLink aria-hidden="true" />
          </a>
        </>
      ) : null}
    </div>
  );
}
