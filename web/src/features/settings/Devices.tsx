import { LogOut, MonitorSmartphone } from "lucide-react";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import type { IMyDevice } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { formatDateTime } from "@/lib/i18n/format";
import { useUnisono } from "@/lib/matrix/context";
import { withPassword } from "@/lib/matrix/encryption";
import { Button, IconButton } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { SkeletonRows } from "@/ui/Empty";
import { Field } from "@/ui/Field";
import styles from "./SettingsPage.module.css";

const nameOf = (device: IMyDevice) => device.display_name || t("settings.devices.unknown");

export function Devices() {
  const { client } = useUnisono();
  const [devices, setDevices] = useState<IMyDevice[] | null>(null);
  const [ending, setEnding] = useState<IMyDevice | null>(null);
  const own = client.getDeviceId();

  const load = useCallback(
    () =>
      client.getDevices().then(
        (answer) => setDevices(answer.devices.sort((a, b) => Number(b.device_id === own) - Number(a.device_id === own) || (b.last_seen_ts ?? 0) - (a.last_seen_ts ?? 0))),
        () => setDevices([]),
      ),
    [client, own],
  );
  useEffect(() => void load(), [load]);

  return (
    <section className={styles.card} aria-labelledby="settings-devices">
      <h2 id="settings-devices">{t("settings.devices")}</h2>
      <p className={styles.lead}>{t("settings.devices.lead")}</p>
      {devices === null ? <SkeletonRows count={2} /> : null}
      <ul className={styles.devices}>
        {devices?.map((device) => (
          <li key={device.device_id}>
            <MonitorSmartphone aria-hidden="true" />
            <span>
              <strong>{nameOf(device)}</strong>
              <small>
                {device.device_id === own
                  ? t("settings.devices.this")
                  : device.last_seen_ts
                    ? t("settings.devices.seen", { time: formatDateTime(device.last_seen_ts) })
                    : ""}
              </small>
            </span>
            {device.device_id === own ? null : (
              <IconButton label={t("settings.devices.signOut", { name: nameOf(device) })} onClick={() => setEnding(device)}>
                <LogOut />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      <EndDevice device={ending} onClose={() => setEnding(null)} onDone={() => void load()} />
    </section>
  );
}

function EndDevice({ device, onClose, onDone }: { device: IMyDevice | null; onClose: () => void; onDone: () => void }) {
  const { client } = useUnisono();
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setPassword("");
    setWrong(null);
  }, [device]);

  async function end(event: FormEvent) {
    event.preventDefault();
    if (!device) return;
    setBusy(true);
    try {
      await withPassword(client, password, (auth) => client.deleteDevice(device.device_id, (auth ?? undefined) as never));
      onDone();
      onClose();
    } catch (error) {
      const status = (error as { httpStatus?: number }).httpStatus;
      setWrong(t(status === 401 || status === 403 ? "auth.error.wrong" : "error.notSaved"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={device !== null} onClose={onClose} title={t("settings.devices.signOut", { name: device ? nameOf(device) : "" })}>
      <form onSubmit={(event) => void end(event)}>
        <Field label={t("settings.devices.password")} type="password" autoComplete="current-password" required value={password} error={wrong} onChange={(event) => setPassword(event.target.value)} />
        <DialogActions>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="danger" busy={busy}>
            {t("settings.signOut")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
