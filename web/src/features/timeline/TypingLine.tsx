import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { useVersion } from "@/lib/matrix/observe";
import styles from "./Timeline.module.css";

export function TypingLine({ room }: { room: Room }) {
  const { changes, userId } = useUnisono();
  useVersion(changes, room.roomId);
  const names = room
    .getMembers()
    .filter((member) => member.typing && member.userId !== userId)
    .map((member) => member.rawDisplayName);
  if (names.length === 0) return null;
  return (
    <p className={styles.typing}>
      <span className={styles.dots} aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {names.length === 1 ? t("typing.one", { name: names[0]! }) : t("typing.many", { n: names.length })}
    </p>
  );
}
