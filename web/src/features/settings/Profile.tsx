import { Camera } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";
import { setOwnProfile, useOwnProfile } from "./own-profile";
import styles from "./SettingsPage.module.css";
import { toSquare } from "./square";

export function Profile() {
  const { client, userId } = useUnisono();
  const profile = useOwnProfile();
  const [name, setName] = useState(profile.name);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setName(profile.name), [profile.name]);

  async function saveName(event: FormEvent) {
    event.preventDefault();
    const next = name.trim();
    if (!next || next === profile.name) return;
    try {
      await client.setDisplayName(next);
      setOwnProfile(userId, { name: next });
      toast(t("settings.saved"));
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    }
  }

  async function savePicture(file: File | undefined) {
    if (!file) return;
    setBusy(true);
    try {
      const { content_uri } = await client.uploadContent(await toSquare(file), { type: "image/jpeg", includeFilename: false });
      await client.setAvatarUrl(content_uri);
      setOwnProfile(userId, { picture: content_uri });
      toast(t("settings.saved"));
    } catch {
      toast(t("settings.picture.failed"), { tone: "red" });
    } finally {
      setBusy(false);
    }
  }

  async function removePicture() {
    try {
      await client.setAvatarUrl("");
      setOwnProfile(userId, { picture: null });
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    }
  }

  return (
    <section className={styles.card} aria-labelledby="settings-profile">
      <h2 id="settings-profile">{t("settings.profile")}</h2>
      <div className={styles.profile}>
        <button type="button" className={styles.picture} onClick={() => input.current?.click()} aria-label={t("settings.picture")} aria-busy={busy}>
          <Avatar client={client} seed={userId} name={profile.name} mxc={profile.picture} size={92} />
          <span>
            <Camera />
          </span>
        </button>
        <input
          ref={input}
          type="file"
          accept="image/png,image/jpeg,image/webp,image/gif"
          hidden
          data-testid="picture-input"
          onChange={(event) => {
            void savePicture(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        <form onSubmit={(event) => void saveName(event)}>
          <Field label={t("field.name")} hint={userId} value={name} required onChange={(event) => setName(event.target.value)} />
          <div className={styles.buttons}>
            <Button type="submit" look="primary" disabled={!name.trim() || name.trim() === profile.name}>
              {t("action.save")}
            </Button>
            {profile.picture ? (
              <Button look="quiet" onClick={() => void removePicture()}>
                {t("settings.picture.remove")}
              </Button>
            ) : null}
          </div>
        </form>
      </div>
    </section>
  );
}
