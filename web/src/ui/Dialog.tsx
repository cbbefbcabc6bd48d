import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/lib/i18n";
import styles from "./Dialog.module.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  children: ReactNode;
  wide?: boolean;
  hideTitle?: boolean;
}

/** The backdrop is our own element: the library's would add inline style sheets, which the policy forbids. */
export function Dialog({ open, onClose, title, description, children, wide, hideTitle }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <div className={styles.backdrop} />
        <Radix.Content className={`${styles.dialog} ${wide ? styles.wide : ""}`} {...(description ? {} : { "aria-describedby": undefined })}>
          {/* The button has no tip: that would take the first Escape for itself. */}
          <header className={hideTitle ? "visually-hidden" : styles.header}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            {hideTitle ? null : (
              <button type="button" className={styles.close} aria-label={t("action.close")} onClick={onClose}>
                <X />
              </button>
            )}
          </header>
          {description ? <Radix.Description className={styles.description}>{description}</Radix.Description> : null}
          <div className={styles.body}>{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
