import { ChevronDown } from "lucide-react";
import { t } from "@/lib/i18n";
import { Menu } from "@/ui/Menu";
import { NetworkMark } from "@/ui/NetworkMark";
import type { Choice } from "./ways";
import styles from "./Composer.module.css";

interface WayPickerProps {
  choices: readonly Choice[];
  activeRoom: string;
  busy: boolean;
  onChoose: (choice: Choice) => void;
}

/** "via SMS": the network that the next message takes. */
export function WayPicker({ choices, activeRoom, busy, onChoose }: WayPickerProps) {
  const active = choices.find(({ room }) => room?.roomId === activeRoom);
  if (choices.length < 2 || !active) return null;
  return (
    <div className={styles.ways}>
      <Menu
        align="start"
        items={choices.map((choice) => ({
          label: choice.name,
          hint: choice.room ? choice.detail : [choice.detail, t("way.new")].filter(Boolean).join(" · "),
          icon: <NetworkMark network={choice.network} />,
          checked: choice === active,
          onSelect: () => onChoose(choice),
        }))}
        trigger={
          <button type="button" className={styles.way} aria-busy={busy} disabled={busy} aria-label={t("way.label", { network: active.name, detail: active.detail })}>
            <NetworkMark network={active.network} />
            <span>
              {t("way.via", { network: active.name })}
              {active.detail ? <small> · {active.detail}</small> : null}
            </span>
            <ChevronDown aria-hidden="true" />
          </button>
        }
      />
    </div>
  );
}
