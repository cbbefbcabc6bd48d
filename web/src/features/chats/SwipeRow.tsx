import { Archive, MailOpen } from "lucide-react";
import { type PointerEvent, type ReactNode, useRef, useState } from "react";
import styles from "./RowList.module.css";

const enough = 84;

/** On touch: right marks as read, left archives. Everything also is in the row's menu. */
export function SwipeRow({ children, onLeft, onRight }: { children: ReactNode; onLeft: () => void; onRight: () => void }) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const [moved, setMoved] = useState(0);

  const down = (event: PointerEvent) => {
    if (event.pointerType === "touch") start.current = { x: event.clientX, y: event.clientY };
  };
  const move = (event: PointerEvent) => {
    if (!start.current) return;
    const dx = event.clientX - start.current.x;
    const dy = event.clientY - start.current.y;
    if (moved === 0 && Math.abs(dy) > Math.abs(dx)) start.current = null;
    else if (Math.abs(dx) > 12) setMoved(Math.max(-130, Math.min(130, dx)));
  };
  const up = () => {
    if (moved > enough) onRight();
    else if (moved < -enough) onLeft();
    start.current = null;
    setMoved(0);
  };
  const cancel = () => {
    start.current = null;
    setMoved(0);
  };

  return (
    <div className={styles.swipe} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={cancel}>
      {moved !== 0 ? (
        <div className={styles.behind} aria-hidden="true">
          <MailOpen />
          <Archive />
        </div>
      ) : null}
      <div
        className={styles.front}
        data-moving={moved !== 0 || undefined}
        style={moved ? { transform: `translateX(${moved}px)` } : undefined}
        onClickCapture={(event) => {
          if (Math.abs(moved) > 12) event.preventDefault();
        }}
      >
        {children}
      </div>
    </div>
  );
}
