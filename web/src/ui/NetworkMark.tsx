// Marks of the networks: drawn by ourselves, one colour each, simple enough for 16 pixels.
import styles from "./NetworkMark.module.css";

const paths: Record<string, string> = {
  email: "M3 6.5h14v8.5H3zM3 7l7 5 7-5",
  telegram: "M3 10l14-6-2.5 12-4.5-3.5L8 15l-.5-4L14 6.500",
  whatsapp: "M4 16l1-3.200A6.500 6.500 0 1 1 7.500 15.300zM8 8c.2 2.200 1.800 3.800 4 4",
  sms: "M3 5h14v8H9l-3.500 3v-3H3zM7 9h.01M10 9h.01M13 9h.01",
  phone: "M5 4l3 .500.800 3L7 9a8 8 0 0 0 4 4l1.500-1.800 3 .800.500 3A11 11 0 0 1 5 4z",
  fax: "M6 8V3.500h8V8M4 8h12v6h-2v-2.500H6V14H4zM6 11.500h8v5H6z",
  signal: "M10 4a6 6 0 1 1-3 11.200L4 16l.800-3A6 6 0 0 1 10 4z",
  xmpp: "M4 5c1 5 4 8 8 10M16 5c-1 5-4 8-8 10",
  irc: "M8 4L6.500 16M13.500 4L12 16M4.500 8h12M3.500 12h12",
  other: "M7 10a3 3 0 0 1 3-3h3.500a3 3 0 0 1 0 6H12M13 10a3 3 0 0 1-3 3H6.500a3 3 0 0 1 0-6H8",
};

export function NetworkMark({ network, label, large }: { network: string; label?: string; large?: boolean }) {
  const known = network in paths ? network : "other";
  return (
    <span
      className={`${styles.mark} ${large ? styles.large : ""}`}
      data-network={known}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.9" strokeLinecap="round" strokeLinejoin="round">
        <path d={paths[known]} />
      </svg>
    </span>
  );
}
