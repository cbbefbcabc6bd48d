import { useEffect, useState } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { PeoplePicker } from "@/features/newchat/GroupTab";
import type { Person } from "@/features/newchat/usePeople";
import { t } from "@/lib/i18n";
import { others } from "@/lib/matrix/chat";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { toast } from "@/ui/Toast";

export function AddPeople({ room, open, onClose }: { room: Room; open: boolean; onClose: () => void }) {
  const { client } = useUnisono();
  const [chosen, setChosen] = useState<Person[]>([]);
  useEffect(() => setChosen([]), [open]);

  async function add() {
    const results = await Promise.allSettled(chosen.map(({ id }) => client.invite(room.roomId, id)));
    if (results.some(({ status }) => status === "rejected")) toast(t("error.notSaved"), { tone: "red" });
    onClose();
  }

  return (
    <Dialog open={open} onClose={onClose} title={t("details.invite")}>
      {open ? <PeoplePicker chosen={chosen} onChange={setChosen} without={others(client, room).map(({ userId }) => userId)} /> : null}
      <DialogActions>
        <Button look="primary" disabled={chosen.length === 0} onClick={() => void add()}>
          {t("details.invite")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
