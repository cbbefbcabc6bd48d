import { ArrowLeft, Check, ChevronRight, Search } from "lucide-react";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { go } from "@/app/routes";
import type { Channel, LoginStep } from "@/lib/api/types";
import { pick, t } from "@/lib/i18n";
import { useOwnProfile } from "@/features/settings/own-profile";
import { Button, IconButton } from "@/ui/Button";
import { Empty, Progress, SkeletonRows } from "@/ui/Empty";
import { Callout } from "@/ui/Field";
import { NetworkMark } from "@/ui/NetworkMark";
import { QrCode } from "@/ui/QrCode";
import styles from "./AccountsPage.module.css";
import { LoginFields, startValues } from "./fields";
import { stateWords } from "./state-words";
import { useAccounts, useChannels } from "./useAccounts";
import { useLogin, type Wrong } from "./useLogin";

/** One page that grows: the network, what it needs, and then the chats coming in. */
export function Wizard({ channel: wanted, onDone }: { channel: string | null; onDone: () => void }) {
  const { channels, failed } = useChannels();
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
    if (stepNumber === 3) heading.current?.focus();
  }, [stepNumber]);

  const back = () => {
    if (!channel || step?.type === "done") return go("accounts");
    cancel();
    typed.current = { display_name: profile.name };
    setChannel(null);
  };

  return (
    <div className={styles.wizard}>
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
      <div className={styles.wizardBody}>
        {channel ? (
          <div className={styles.chosen}>
            <NetworkMark network={channel.id} large />
            <span>
              <strong>{pick(channel.name)}</strong>
              <small>{pick(channel.summary)}</small>
            </span>
          </div>
        ) : (
          <ChooseNetwork channels={channels} failed={failed} onChoose={choose} />
        )}
        {channel && !step && login.busy ? <Progress value={null} label={t("wizard.checking")} /> : null}
        {channel && !step && login.wrong ? (
          <Callout action={<Button look="quiet" onClick={() => void start(channel.id, flow)}>{t("action.retry")}</Button>}>{login.wrong.text}</Callout>
        ) : null}
        {step && step.type !== "done" ? (
          <StepView key={JSON.stringify(step)} step={step} busy={login.busy} wrong={login.wrong} docs={channel?.docs ?? null} typed={typed.current} onSubmit={(values) => void login.submit(values)} />
        ) : null}
        {channel && step && step.type !== "done" ? <OtherFlows channel={channel} flow={flow} busy={login.busy} onChange={change} /> : null}
        {step?.type === "done" ? <Done accountId={step.account_id} /> : null}
      </div>
    </div>
  );
}

function ChooseNetwork({ channels, failed, onChoose }: { channels: Channel[] | null; failed: boolean; onChoose: (channel: Channel) => void }) {
  const [query, setQuery] = useState("");
  if (failed) return <Callout tone="amber">{t("accounts.failed")}</Callout>;
  if (!channels) return <SkeletonRows count={3} />;
  const found = channels.filter((channel) => `${pick(channel.name)} ${channel.id}`.toLowerCase().includes(query.trim().toLowerCase()));
  return (
    <>
      <p className={styles.lead}>{t("wizard.chooseLead")}</p>
      {channels.length > 5 ? (
        <div className={styles.search}>
          <Search aria-hidden="true" />
          <input type="search" value={query} placeholder={t("wizard.search")} aria-label={t("wizard.search")} onChange={(event) => setQuery(event.target.value)} />
        </div>
      ) : null}
      <ul className={styles.networks}>
        {found.map((channel) => (
          <li key={channel.id}>
            <button type="button" onClick={() => onChoose(channel)}>
              <NetworkMark network={channel.id} large />
              <span>
                <strong>{pick(channel.name)}</strong>
                <small>{pick(channel.summary)}</small>
              </span>
              <ChevronRight aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <Empty>{t("chats.noMatch", { query })}</Empty> : null}
    </>
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

interface StepViewProps {
  step: Exclude<LoginStep, { type: "done" }>;
  busy: boolean;
  wrong: Wrong | null;
  docs: string | null;
  typed: Record<string, string>;
  onSubmit: (values: Record<string, string>) => void;
}

function StepView({ step, busy, wrong, docs, typed, onSubmit }: StepViewProps) {
  const [values, setValues] = useState<Record<string, string>>(() => (step.type === "fields" ? startValues(step.fields, typed) : {}));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    Object.assign(typed, values);
    onSubmit(values);
  };
  const known = step.type === "fields" && step.fields.some(({ id }) => id === wrong?.field);
  return (
    <form className={styles.form} onSubmit={submit} aria-label={pick(step.title)}>
      <h2>{pick(step.title)}</h2>
      {wrong && !known ? <Callout>{wrong.text}</Callout> : null}
      {"message" in step && step.message ? <p className={styles.lead}>{pick(step.message)}</p> : null}
      {step.type === "fields" ? <LoginFields fields={step.fields} values={values} wrong={wrong} onChange={(id, value) => setValues((old) => ({ ...old, [id]: value }))} /> : null}
      {step.type === "show" && step.display.kind === "qr" ? <QrCode data={step.display.data} label={t("wizard.qr")} /> : null}
      {step.type === "show" && step.display.kind === "code" ? <output className={styles.code}>{step.display.data}</output> : null}
      {step.type === "open_page" ? (
        <Button look="primary" wide onClick={() => window.open(step.url, "_blank", "noopener,noreferrer")}>
          {t("wizard.openPage")}
        </Button>
      ) : null}
      {docs && /^https?:/.test(docs) ? (
        <a href={docs} target="_blank" rel="noreferrer noopener">
          {t("wizard.howTo")}
        </a>
      ) : null}
      {step.type === "fields" ? (
        <Button type="submit" look="primary" wide busy={busy}>
          {t(busy ? "wizard.checking" : "wizard.connect")}
        </Button>
      ) : (
        <p className={styles.lead} role="status">
          {t("wizard.waiting")}
        </p>
      )}
    </form>
  );
}

function Done({ accountId }: { accountId: number }) {
  const { accounts } = useAccounts();
  const account = accounts?.find(({ id }) => id === accountId);
  const words = account ? stateWords(account.state) : null;
  return (
    <div className={styles.done}>
      <span className={styles.doneMark}>
        <Check aria-hidden="true" />
      </span>
      <h2>{t("wizard.done")}</h2>
      <p>{t("wizard.doneLead")}</p>
      {words ? (
        <div className={styles.doneState} role="status">
          {words.progress !== undefined ? <Progress value={words.progress} label={words.title} /> : null}
          <small>{words.detail || words.title}</small>
        </div>
      ) : null}
      <Button look="primary" wide onClick={() => go("chats")}>
        {t("wizard.toChats")}
      </Button>
    </div>
  );
}
