import styles from "./NetworkMark.module.css";
import { shapeOf } from "./network-shapes";

/** The mark of a network, in its colour. Without a label it is decoration beside the name. */
export function NetworkMark({ network, label, large }: { network: string; label?: string; large?: boolean }) {
  const { path, colour } = shapeOf(network);
  return (
    <span
      className={`${styles.mark} ${large ? styles.large : ""}`}
      style={{ background: colour }}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.9" strokeLinecap="round" strokeLinejoin="round">
        <path d={path} />
      </svg>
    </span>
  );
}
