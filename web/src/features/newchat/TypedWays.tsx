import { Plus } from "lucide-react";
import { useState } from "react";
import { useAccounts, useChannels } from "@/features/accounts/useAccounts";
import type { Account } from "@/lib/api/types";
import { kindOf } from "@/lib/handles";
import { pick, t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./NewChat.module.css";
import { reachableBy } from "./reachable";

export interface Target {
  account: Account;
  typed: string;
  subject: string;
}

interface TypedWaysProps {
  typed: string;
  busy: boolean;
  onStart: (target: Target) => void;
  onAddAccount: () => void;
}

/** The accounts by which what was typed can be written to. */
export function TypedWays({ typed, busy, onStart, onAddAccount }: TypedWaysProps) {
  const { accounts } = useAccounts();
  const { channels } = useChannels();
  const [subject, setSubject] = useState("");
  const text = typed.trim();
  if (!text || !accounts || !channels) return null;
  const ways = reachableBy(text, accounts, channels);
  if (ways.length === 0) {
    // A number or an address that no account can take.
    if (!["phone", "email"].includes(kindOf(text))) return null;
    return (
      <div className={styles.typed}>
        <p className={styles.none}>{t("newChat.noWay", { handle: text })}</p>
        <Button wide icon={<Plus />} onClick={onAddAccount}>
          {t("accounts.add")}
        </Button>
      </div>
    );
  }
  return (
    <section className={styles.typed} aria-label={t("newChat.writeTo", { handle: text })}>
      <h3>{t("newChat.writeTo", { handle: text })}</h3>
      {ways.some(({ channel }) => channel.id === "email") ? <Field label={t("newChat.subject")} value={subject} onChange={(event) => setSubject(event.target.value)} /> : null}
      <ul>
        {ways.map(({ account, channel }) => (
          <li key={account.id}>
            <button type="button" disabled={busy} aria-busy={busy} onClick={() => onStart({ account, typed: text, subject: channel.id === "email" ? subject.trim() : "" })}>
              <NetworkMark network={channel.id} />
              <span>
                <strong>{t("contacts.writeVia", { network: pick(channel.name) })}</strong>
                <small>{account.display_name || account.remote_id}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
