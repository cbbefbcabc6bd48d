/** Two voices in one line: the mark of Unisono. */
export function Logo({ size = 40 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="18" fill="#0f6b6b" />
      <path d="M18 20v14a14 14 0 0 0 28 0V20" fill="none" stroke="#fff" strokeWidth="7" strokeLinecap="round" />
      <circle cx="32" cy="25" r="5" fill="#f3c98b" />
    </svg>
  );
}
