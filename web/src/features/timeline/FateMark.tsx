import { Check, CheckCheck, CircleAlert, Clock } from "lucide-react";
import { t } from "@/lib/i18n";
import { Tip } from "@/ui/Tip";
import type { Fate } from "./fate";
import styles from "./MessageRow.module.css";

const icons = { sending: Clock, sent: Check, delivered: CheckCheck, read: CheckCheck, failed: CircleAlert };

export function FateMark({ fate, readers }: { fate: Fate; readers: string }) {
  const Icon = icons[fate.kind];
  const label = t(`fate.${fate.kind}`);
  const detail = fate.reason || (readers ? t("fate.readBy", { names: readers }) : label);
  return (
    <Tip text={detail} side="top">
      <span className={styles.fate} data-fate={fate.kind} role="img" aria-label={label}>
        <Icon />
      </span>
    </Tip>
  );
}
