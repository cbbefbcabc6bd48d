import type { ReactNode } from "react";
import styles from "./Empty.module.css";

/** An empty place teaches in one sentence, with one button. */
export function Empty({ icon, title, children, action }: { icon?: ReactNode; title?: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      {icon ? <div className={styles.icon}>{icon}</div> : null}
      {title ? <h2 className={styles.title}>{title}</h2> : null}
      {children ? <p className={styles.text}>{children}</p> : null}
      {action}
    </div>
  );
}

export function SkeletonRows({ count = 8 }: { count?: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={styles.skeleton}>
          <span className={styles.round} />
          <span className={styles.lines}>
            <span style={{ width: `${40 + ((index * 37) % 30)}%` }} />
            <span style={{ width: `${55 + ((index * 23) % 35)}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

export function Progress({ value, label }: { value: number | null; label: string }) {
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
      data-unknown={value === null || undefined}
    >
      <span style={value === null ? undefined : { width: `${Math.round(value * 100)}%` }} />
    </div>
  );
}
