import * as Tooltip from "@radix-ui/react-tooltip";
import type { ReactElement } from "react";
import styles from "./Tip.module.css";

export const TipProvider = Tooltip.Provider;

export function Tip({ text, keys, side = "bottom", children }: { text: string; keys?: string; side?: "top" | "right" | "bottom" | "left"; children: ReactElement }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles.tip} side={side} sideOffset={6} collisionPadding={8}>
          {text}
          {keys ? <kbd>{keys}</kbd> : null}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
