import { ChevronRight, Lock, Search } from "lucide-react";
import { useState } from "react";
import type { Channel, ClosedNetwork } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { Empty, SkeletonRows } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./Catalogue.module.css";
import { fits, grouped } from "./networks";
import { OfficialMark } from "./NetworkFacts";

interface CatalogueProps {
  channels: Channel[] | null;
  closed: ClosedNetwork[];
  failed: boolean;
  onChoose: (channel: Channel) => void;
}

/** Every network, also those that let nobody in, with what to do instead. */
export function NetworkCatalogue({ channels, closed, failed, onChoose }: CatalogueProps) {
  const [query, setQuery] = useState("");
  if (failed) return <Callout tone="amber">{t("accounts.failed")}</Callout>;
  if (!channels) return <SkeletonRows count={6} />;
  const groups = grouped(channels, query);
  const shut = closed.filter((network) => fits(query, network.name, network.id));
  return (
    <div className={styles.catalogue}>
      <p className={styles.lead}>{t("wizard.chooseLead")}</p>
      <div className={styles.search} role="search">
        <Search aria-hidden="true" />
        <input type="search" value={query} placeholder={t("wizard.search")} aria-label={t("wizard.search")} onChange={(event) => setQuery(event.target.value)} />
      </div>
      {groups.map((group) => (
        <section key={group.id} aria-labelledby={`group-${group.id}`}>
          <h2 id={`group-${group.id}`} className={styles.group}>
            {group.title}
          </h2>
          <ul className={styles.networks}>
            {group.channels.map((channel) => (
              <li key={channel.id}>
                <button type="button" className={styles.network} onClick={() => onChoose(channel)}>
                  <NetworkMark network={channel.id} large />
                  <span className={styles.words}>
                    <strong>{pick(channel.name)}</strong>
                    <small>{pick(channel.summary)}</small>
                    {channel.catalogue.official ? null : <OfficialMark official={false} />}
                  </span>
                  <ChevronRight aria-hidden="true" className={styles.chevron} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {shut.length > 0 ? <Closed networks={shut} /> : null}
      {groups.length === 0 && shut.length === 0 ? <Empty>{t("chats.noMatch", { query })}</Empty> : null}
    </div>
  );
}

function Closed({ networks }: { networks: ClosedNetwork[] }) {
  return (
    <section aria-labelledby="group-closed">
      <h2 id="group-closed" className={styles.group}>
        {t("networks.closed")}
      </h2>
      <p className={styles.lead}>{t("networks.closedLead")}</p>
      <ul className={styles.closed}>
        {networks.map((network) => (
          <li key={network.id}>
            <span className={styles.lock}>
              <Lock aria-hidden="true" />
            </span>
            <div>
              <h3>{network.name}</h3>
              <p>{pick(network.why)}</p>
              <p>
                <strong>{t("networks.instead")}</strong> {pick(network.instead)}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
