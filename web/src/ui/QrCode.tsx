import qrcode from "qrcode-generator";
import { useMemo } from "react";
import styles from "./QrCode.module.css";

/** Drawn as one path: sharp at every size, dark on light in both themes, as scanners need it. */
export function QrCode({ data, label }: { data: string; label: string }) {
  const { path, size } = useMemo(() => {
    const code = qrcode(0, "M");
    code.addData(data);
    code.make();
    const count = code.getModuleCount();
    let drawn = "";
    for (let row = 0; row < count; row += 1) {
      for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) drawn += `M${column} ${row}h1v1h-1z`;
    }
    return { path: drawn, size: count };
  }, [data]);
  return (
    <svg className={styles.qr} viewBox={`-2 -2 ${size + 4} ${size + 4}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={path} fill="#10201f" />
    </svg>
  );
}
