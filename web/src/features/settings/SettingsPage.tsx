import { LogOut } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { publicApi } from "@/lib/api/client";
import type { ServerInfo } from "@/lib/api/types";
import { type Language, language, setLanguage, t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { applyTheme, type Theme, theme } from "@/lib/theme";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Select, Switch } from "@/ui/Field";
import { Logo } from "@/ui/Logo";
import { toast } from "@/ui/Toast";
import { Devices } from "./Devices";
import { notificationsWanted, wantNotifications } from "./notifications";
import { Profile } from "./Profile";
import { Security } from "./Security";
import styles from "./SettingsPage.module.css";

export function SettingsPage({ section }: { section: string | null }) {
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (section) document.getElementById(`settings-${section}`)?.scrollIntoView({ block: "start" });
  }, [section]);
  return (
    <div ref={page} className={styles.page}>
      <h1>{t("settings.title")}</h1>
      <Profile />
      <Appearance />
      <Notifications />
      <Security />
      <Devices />
      <About />
      <SignOut />
    </div>
  );
}

function Appearance() {
  const [chosen, setChosen] = useState<Theme>(theme);
  return (
    <section className={styles.card} aria-labelledby="settings-appearance">
      <h2 id="settings-appearance">{t("settings.appearance")}</h2>
      <div className={styles.pair}>
        <Select
          label={t("settings.language")}
          value={language()}
          options={[
            { value: "de", label: t("language.de") },
            { value: "en", label: t("language.en") },
          ]}
          onChange={(next) => setLanguage(next as Language)}
        />
        <Select
          label={t("settings.theme")}
          value={chosen}
          options={[
            { value: "system", label: t("settings.theme.system") },
            { value: "light", label: t("settings.theme.light") },
            { value: "dark", label: t("settings.theme.dark") },
          ]}
          onChange={(next) => {
            setChosen(next as Theme);
            applyTheme(next as Theme);
          }}
        />
      </div>
    </section>
  );
}

function Notifications() {
  const [on, setOn] = useState(notificationsWanted);
  async function change(next: boolean) {
    const granted = await wantNotifications(next);
    setOn(granted);
    if (next && !granted) toast(t("settings.notifications.denied"), { tone: "red" });
  }
  return (
    <section className={styles.card} aria-label={t("settings.notifications")}>
      <Switch label={t("settings.notifications")} hint={t("settings.notifications.hint")} checked={on} onChange={(next) => void change(next)} />
    </section>
  );
}

function About() {
  const [server, setServer] = useState<ServerInfo | null>(null);
  useEffect(() => {
    publicApi.server().then(setServer, () => undefined);
  }, []);
  return (
    <section className={styles.card} aria-labelledby="settings-about">
      <h2 id="settings-about">{t("settings.about")}</h2>
      <div className={styles.about}>
        <Logo size={44} />
        <p>
          {server ? t("settings.about.version", { version: server.version, server: server.server_name }) : null}
          <br />
          <small>{t("settings.about.licence")}</small>
        </p>
      </div>
    </section>
  );
}

function SignOut() {
  const { signOut } = useUnisono();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  return (
    <>
      <Button look="danger" wide icon={<LogOut />} onClick={() => setAsking(true)}>
        {t("settings.signOut")}
      </Button>
      <Dialog open={asking} onClose={() => setAsking(false)} title={t("settings.signOut")} description={t("settings.signOut.sure")}>
        <DialogActions>
          <Button onClick={() => setAsking(false)}>{t("action.cancel")}</Button>
          <Button
            look="danger"
            busy={busy}
            onClick={() => {
              setBusy(true);
              void signOut();
            }}
          >
            {t("settings.signOut")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
