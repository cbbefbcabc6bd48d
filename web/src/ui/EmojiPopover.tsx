import * as Popover from "@radix-ui/react-popover";
import { lazy, type ReactElement, Suspense } from "react";
import { t } from "@/lib/i18n";
import styles from "./EmojiPicker.module.css";

const EmojiPicker = lazy(() => import("./EmojiPicker"));

interface EmojiPopoverProps {
  open: boolean;
  onOpen: (open: boolean) => void;
  onPick: (sign: string) => void;
  keepOpen?: boolean;
  children: ReactElement;
}

export function EmojiPopover({ open, onOpen, onPick, keepOpen, children }: EmojiPopoverProps) {
  return (
    <Popover.Root open={open} onOpenChange={onOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className={styles.popover} side="top" sideOffset={8} collisionPadding={10} aria-label={t("emoji.title")}>
          <Suspense fallback={<div className={styles.waiting} />}>
            <EmojiPicker
              onPick={(sign) => {
                onPick(sign);
                if (!keepOpen) onOpen(false);
              }}
            />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
