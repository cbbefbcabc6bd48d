import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Tip } from "./Tip";
import styles from "./Button.module.css";

type Look = "primary" | "plain" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  wide?: boolean;
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", wide, busy, icon, children, className, disabled, ...rest }: ButtonProps) {
  const names = [styles.button, styles[look], wide && styles.wide, busy && styles.busy, className];
  return (
    <button type="button" className={names.filter(Boolean).join(" ")} disabled={disabled || busy} aria-busy={busy} {...rest}>
      {icon}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
  keys?: string;
  active?: boolean;
  small?: boolean;
  side?: "top" | "right" | "bottom" | "left";
  ref?: Ref<HTMLButtonElement>;
}

/** A button that is only a picture: its label is spoken, and shown when pointed at. */
export function IconButton({ label, keys, active, small, side, children, className, ...rest }: IconButtonProps) {
  const names = [styles.icon, active && styles.active, small && styles.small, className];
  return (
    <Tip text={label} keys={keys} side={side}>
      <button type="button" aria-label={label} className={names.filter(Boolean).join(" ")} {...rest}>
        {children}
      </button>
    </Tip>
  );
}
