import { useEffect, useState } from "react";
import type { Account } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Switch } from "@/ui/Field";
import { toast } from "@/ui/Toast";

/** Asked, since it cannot be undone. */
export function RemoveAccount({ account, onClose, onRemoved }: { account: Account | null; onClose: () => void; onRemoved: () => void }) {
  const { api } = useUnisono();
  const [withChats, setWithChats] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => setWithChats(false), [account]);

  async function remove() {
    if (!account) return;
    setBusy(true);
    try {
      await api.removeAccount(account.id, withChats);
      toast(t("accounts.removed"));
      onRemoved();
      onClose();
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={account !== null} onClose={onClose} title={t("accounts.remove")} description={t("accounts.remove.sure", { name: account?.display_name ?? "" })}>
      <Switch label={t("accounts.remove.withChats")} checked={withChats} onChange={setWithChats} />
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button look="danger" busy={busy} onClick={() => void remove()}>
          {t("accounts.remove")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
