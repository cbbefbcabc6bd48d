import { t } from "@/lib/i18n";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./FilterChips.module.css";
import type { Filter } from "./filter";

interface FilterChipsProps {
  filter: Filter;
  networks: { id: string; name: string }[];
  onFilter: (filter: Filter) => void;
}

export function FilterChips({ filter, networks, onFilter }: FilterChipsProps) {
  const chips: { id: Filter; label: string; network?: string }[] = [
    { id: "all", label: t("filter.all") },
    { id: "unread", label: t("filter.unread") },
    { id: "direct", label: t("filter.direct") },
    { id: "groups", label: t("filter.groups") },
    ...networks.map(({ id, name }) => ({ id: `network:${id}` as Filter, label: name, network: id })),
  ];
  if (filter === "archived") chips.unshift({ id: "archived", label: t("filter.archived") });
  return (
    <div className={styles.chips} role="group" aria-label={t("filter.label")}>
      {chips.map((chip) => (
        <button key={chip.id} type="button" className={styles.chip} aria-pressed={chip.id === filter} onClick={() => onFilter(chip.id === filter ? "all" : chip.id)}>
          {chip.network ? <NetworkMark network={chip.network} /> : null}
          {chip.label}
        </button>
      ))}
    </div>
  );
}
