import { LocateFixed } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { geoUri, readTyped, showPlace } from "@/lib/geo";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Callout, Field } from "@/ui/Field";
import form from "./TemplateDialog.module.css";

/** A place: where this device is, or what was copied from a map. */
export function LocationDialog({ room, open, onClose }: { room: Room; open: boolean; onClose: () => void }) {
  const { client } = useUnisono();
  const [typed, setTyped] = useState("");
  const [label, setLabel] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    setTyped("");
    setLabel("");
    setFailed(false);
  }, [open]);
  const place = readTyped(typed);

  function locate() {
    setBusy(true);
    setFailed(false);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setTyped(`${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`);
        setBusy(false);
      },
      () => {
        setFailed(true);
        setBusy(false);
      },
      { timeout: 20_000, maximumAge: 60_000 },
    );
  }

  function send(event: FormEvent) {
    event.preventDefault();
    if (!place) return;
    const words = label.trim();
    const content = { msgtype: "m.location", body: words || showPlace(place), geo_uri: geoUri(place) };
    client.sendMessage(room.roomId, content as never).catch(() => undefined);
    window.dispatchEvent(new CustomEvent("unisono:sent"));
    onClose();
  }

  return (
    <Dialog open={open} onClose={onClose} title={t("location.send")}>
      <form className={form.form} onSubmit={send}>
        {"geolocation" in navigator ? (
          <Button wide icon={<LocateFixed />} busy={busy} onClick={locate}>
            {t("location.here")}
          </Button>
        ) : null}
        {failed ? <Callout tone="amber">{t("location.failed")}</Callout> : null}
        <Field
          label={t("location.coordinates")}
          hint={place ? showPlace(place) : t("location.coordinatesHint")}
          error={typed.trim() && !place ? t("location.unclear") : null}
          value={typed}
          autoFocus
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Field label={t("location.label")} value={label} maxLength={200} onChange={(event) => setLabel(event.target.value)} />
        <DialogActions>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" disabled={!place}>
            {t("composer.send")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
