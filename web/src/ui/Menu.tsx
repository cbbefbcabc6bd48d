import * as Radix from "@radix-ui/react-dropdown-menu";
import type { ReactElement, ReactNode } from "react";
import styles from "./Menu.module.css";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  checked?: boolean;
  disabled?: boolean;
  hint?: string;
  onSelect: () => void;
}

/** Not modal: a modal menu would add inline style sheets, which the policy forbids. */
export function Menu({ trigger, items, align = "end" }: { trigger: ReactElement; items: (MenuItem | null)[]; align?: "start" | "end" }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.menu} align={align} sideOffset={6} collisionPadding={8}>
          {items.map((item, index) => (item ? <Item key={item.label} {...item} /> : <Radix.Separator key={`line-${index}`} className={styles.line} />))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Item({ label, icon, danger, checked, disabled, hint, onSelect }: MenuItem) {
  const className = `${styles.item} ${danger ? styles.danger : ""}`;
  const content = (
    <>
      <span className={styles.icon}>{icon}</span>
      <span className={styles.label}>
        {label}
        {hint ? <small>{hint}</small> : null}
      </span>
      {checked ? <span className={styles.check} /> : null}
    </>
  );
  if (checked !== undefined) {
    return (
      <Radix.CheckboxItem className={className} checked={checked} disabled={disabled} onSelect={onSelect}>
        {content}
      </Radix.CheckboxItem>
    );
  }
  return (
    <Radix.Item className={className} disabled={disabled} onSelect={onSelect}>
      {content}
    </Radix.Item>
  );
}
