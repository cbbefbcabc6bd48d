import { t } from "@/lib/i18n";
import { Dialog } from "@/ui/Dialog";
import { shortcutList } from "./shortcuts";
import styles from "./ShortcutHelp.module.css";

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={t("shortcut.help")}>
      <dl className={styles.keys}>
        {shortcutList().map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
