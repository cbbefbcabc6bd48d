import { ArrowLeft, Check } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { go } from "@/app/routes";
import type { Account, Channel } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { useOwnProfile } from "@/features/settings/own-profile";
import { Button, IconButton } from "@/ui/Button";
import { Progress } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import styles from "./AccountsPage.module.css";
import { extras } from "./extras";
import { Guide } from "./Guide";
import { HookData } from "./HookData";
import { LoginStepView } from "./LoginStepView";
import { NetworkCatalogue } from "./NetworkCatalogue";
import { NetworkFacts, OfficialMark } from "./NetworkFacts";
import { stateWords } from "./state-words";
import { useAccounts, useChannels } from "./useAccounts";
import { useLogin } from "./useLogin";

/** One page that grows: the network, what it needs with a picture of where to find it, and then the chats coming in. */
export function Wizard({ channel: wanted, onDone }: { channel: string | null; onDone: () => void }) {
  const { channels, closed, failed } = useChannels();
  const [channel, setChannel] = useState<Channel | null>(null);
  const [flow, setFlow] = useState("");
  const login = useLogin(onDone);
  const { step, start, cancel } = login;
  const heading = useRef<HTMLHeadingElement>(null);
  // What was typed in an earlier step is not asked for again.
  const profile = useOwnProfile();
  const typed = useRef<Record<string, string>>({ display_name: profile.name });
  const stepNumber = step?.type === "done" ? 3 : channel ? 2 : 1;

  const choose = useCallback(
    (next: Channel) => {
      // The usual way first; the others are one press away, below.
      const first = next.flows[0]?.id ?? "";
      setChannel(next);
      setFlow(first);
      void start(next.id, first);
    },
    [start],
  );

  const change = (other: string) => {
    if (!channel) return;
    cancel();
    setFlow(other);
    void start(channel.id, other);
  };

  useEffect(() => {
    const known = wanted ? channels?.find(({ id }) => id === wanted) : undefined;
    if (known) choose(known);
  }, [wanted, channels, choose]);

  useEffect(() => {
    // Another part of the page takes over: reading goes on at its top.
    if (stepNumber > 1) heading.current?.closest("main")?.scrollTo({ top: 0 });
    if (stepNumber === 3) heading.current?.focus();
  }, [stepNumber]);

  const back = () => {
    if (!channel || step?.type === "done") return go("accounts");
    cancel();
    typed.current = { display_name: profile.name };
    setChannel(null);
  };

  return (
    <div className={styles.wizard} data-step={stepNumber} data-guided={channel && stepNumber === 2 && channel.guide.length > 0 ? true : undefined}>
      <header className={styles.wizardHeader}>
        <IconButton label={t("action.back")} onClick={back}>
          <ArrowLeft />
        </IconButton>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {t("accounts.add")}
          </h1>
          <p>{t("wizard.step", { n: stepNumber })}</p>
        </div>
      </header>
      {channel ? null : <NetworkCatalogue channels={channels} closed={closed} failed={failed} onChoose={choose} />}
      {channel && step?.type === "done" ? <Done accountId={step.account_id} channel={channel} /> : null}
      {channel && step?.type !== "done" ? (
        <div className={styles.wizardBody}>
          <div className={styles.chosen}>
            <NetworkMark network={channel.id} large />
            <span>
              <strong>{pick(channel.name)}</strong>
              <small>{pick(channel.summary)}</small>
              <OfficialMark official={channel.catalogue.official} />
            </span>
          </div>
          {channel.guide.length > 0 ? <Guide steps={channel.guide} docs={channel.docs} /> : null}
          <div className={styles.signIn}>
            {!step && login.busy ? <Progress value={null} label={t("wizard.checking")} /> : null}
            {!step && login.wrong ? (
              <Callout action={<Button look="quiet" onClick={() => void start(channel.id, flow)}>{t("action.retry")}</Button>}>{login.wrong.text}</Callout>
            ) : null}
            {step ? <LoginStepView key={JSON.stringify(step)} step={step} busy={login.busy} wrong={login.wrong} typed={typed.current} onSubmit={(values) => void login.submit(values)} /> : null}
            {step ? <OtherFlows channel={channel} flow={flow} busy={login.busy} onChange={change} /> : null}
          </div>
          <div className={styles.facts}>
            <NetworkFacts channel={channel} />
          </div>
        </div>
      ) : null}
    </div>
  );
}

function OtherFlows({ channel, flow, busy, onChange }: { channel: Channel; flow: string; busy: boolean; onChange: (flow: string) => void }) {
  const others = channel.flows.filter(({ id }) => id !== flow);
  if (others.length === 0) return null;
  return (
    <div className={styles.flows} role="group" aria-label={t("wizard.method")}>
      {others.map(({ id, name }) => (
        <Button key={id} look="quiet" wide disabled={busy} onClick={() => onChange(id)}>
          {pick(name)}
        </Button>
      ))}
    </div>
  );
}

function Done({ accountId, channel }: { accountId: number; channel: Channel }) {
  const { accounts } = useAccounts();
  const account = accounts?.find(({ id }) => id === accountId);
  const words = account ? stateWords(account.state) : null;
  const Extra = extras[channel.id];
  return (
    <>
      <div className={styles.done}>
        <span className={styles.doneMark}>
          <Check aria-hidden="true" />
        </span>
        <h2>{t("wizard.done")}</h2>
        <p>{t(account?.hook ? "wizard.doneHook" : "wizard.doneLead")}</p>
        {words ? (
          <div className={styles.doneState} role="status">
            {words.progress !== undefined ? <Progress value={words.progress} label={words.title} /> : null}
            <small>{words.detail || words.title}</small>
          </div>
        ) : null}
      </div>
      {account ? <AfterConnecting account={account} channel={channel} /> : null}
      {account && Extra ? <Extra account={account} /> : null}
      <Button look="primary" wide onClick={() => go("chats")}>
        {t("wizard.toChats")}
      </Button>
    </>
  );
}

function AfterConnecting({ account, channel }: { account: Account; channel: Channel }) {
  if (!account.hook) return null;
  return <HookData account={account} network={pick(channel.name)} />;
}
