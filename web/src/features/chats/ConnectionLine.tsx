import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { ClientEvent, SyncState } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import styles from "./ConnectionLine.module.css";

/** Says so when the server is out of reach; what is written meanwhile is sent later. */
export function ConnectionLine() {
  const { client } = useUnisono();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    const listen = (state: SyncState) => setLost(state === SyncState.Error || state === SyncState.Reconnecting);
    client.on(ClientEvent.Sync, listen);
    return () => void client.off(ClientEvent.Sync, listen);
  }, [client]);
  return (
    <div role="status" className={lost ? styles.line : "visually-hidden"}>
      {lost ? (
        <>
          <WifiOff /> {t("connection.lost")}
        </>
      ) : null}
    </div>
  );
}
