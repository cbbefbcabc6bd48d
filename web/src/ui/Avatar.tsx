import { memo, type ReactNode, useEffect, useState } from "react";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { mediaUrl } from "@/lib/matrix/media";
import styles from "./Avatar.module.css";
import { initialsOf, toneOf } from "./initials";

interface AvatarProps {
  client: MatrixClient;
  /** Colour and initials come from these; the picture, when there is one, covers them. */
  seed: string;
  name: string;
  mxc?: string | null;
  size?: number;
  badge?: ReactNode;
  square?: boolean;
}

export const Avatar = memo(function Avatar({ client, seed, name, mxc, size = 44, badge, square }: AvatarProps) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    setUrl(null);
    if (!mxc) return;
    let live = true;
    mediaUrl(client, { url: mxc, size: size <= 48 ? 96 : 192 }).then(
      (made) => live && setUrl(made),
      () => undefined,
    );
    return () => {
      live = false;
    };
  }, [client, mxc, size]);
  return (
    <span className={styles.avatar} style={{ width: size, height: size, fontSize: size * 0.38 }} aria-hidden="true">
      <span className={`${styles.face} ${square ? styles.square : ""}`} data-tone={toneOf(seed)} data-initials={url ? undefined : initialsOf(name)}>
        {url ? <img src={url} alt="" draggable={false} /> : null}
      </span>
      {badge ? <span className={styles.badge}>{badge}</span> : null}
    </span>
  );
});
