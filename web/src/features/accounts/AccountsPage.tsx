import { Plug, Plus } from "lucide-react";
import { useState } from "react";
import { go } from "@/app/routes";
import type { Account } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { Empty, SkeletonRows } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import { AccountCard } from "./AccountCard";
import { AccountPage } from "./AccountPage";
import styles from "./AccountsPage.module.css";
import { RemoveAccount } from "./RemoveAccount";
import { useAccounts, useChannels } from "./useAccounts";
import { Wizard } from "./Wizard";

export function AccountsPage({ id }: { id: string | null }) {
  const { accounts, failed, reload } = useAccounts();
  const { channels } = useChannels();
  const [removing, setRemoving] = useState<Account | null>(null);
  if (id === "new" || id?.startsWith("renew-")) {
    const channel = accounts?.find((account) => `renew-${account.id}` === id)?.channel ?? null;
    return <Wizard key={id} channel={channel} onDone={() => void reload()} />;
  }
  const open = accounts?.find((account) => String(account.id) === id);
  const removal = (
    <RemoveAccount
      account={removing}
      onClose={() => setRemoving(null)}
      onRemoved={() => {
        go("accounts");
        void reload();
      }}
    />
  );
  if (open) {
    return (
      <>
        <AccountPage account={open} channel={channels?.find((channel) => channel.id === open.channel) ?? null} onSaved={() => void reload()} onRemove={() => setRemoving(open)} />
        {removal}
      </>
    );
  }

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div>
          <h1>{t("accounts.title")}</h1>
          <p>{t("accounts.lead")}</p>
        </div>
        {accounts?.length ? (
          <Button look="primary" icon={<Plus />} onClick={() => go("accounts", "new")}>
            {t("accounts.add")}
          </Button>
        ) : null}
      </header>
      {failed ? (
        <Callout tone="amber" action={<Button look="quiet" onClick={() => void reload()}>{t("action.retry")}</Button>}>
          {t("accounts.failed")}
        </Callout>
      ) : null}
      {accounts === null && !failed ? <SkeletonRows count={3} /> : null}
      {accounts?.length === 0 ? (
        <Empty
          icon={<Plug />}
          title={t("accounts.none.title")}
          action={
            <Button look="primary" onClick={() => go("accounts", "new")}>
              {t("accounts.add")}
            </Button>
          }
        >
          {t("accounts.none.lead")}
        </Empty>
      ) : null}
      <ul className={styles.cards}>
        {accounts?.map((account) => (
          <li key={account.id}>
            <AccountCard account={account} onRemove={() => setRemoving(account)} />
          </li>
        ))}
      </ul>
      {removal}
    </div>
  );
}
