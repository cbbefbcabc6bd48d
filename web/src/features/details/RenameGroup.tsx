import { Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";
import { EventType, type Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { useUnisono } from "@/lib/matrix/context";
import { Button } from "@/ui/Button";
import { Dialog, DialogActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { toast } from "@/ui/Toast";

export function RenameGroup({ room, name }: { room: Room; name: string }) {
  const { client } = useUnisono();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState(name);
  if (!room.currentState.maySendStateEvent(EventType.RoomName, client.getSafeUserId())) return null;

  async function save(event: FormEvent) {
    event.preventDefault();
    try {
      await client.setRoomName(room.roomId, text.trim());
      setOpen(false);
    } catch {
      toast(t("error.notSaved"), { tone: "red" });
    }
  }

  return (
    <>
      <Button
        look="quiet"
        icon={<Pencil />}
        onClick={() => {
          setText(name);
          setOpen(true);
        }}
      >
        {t("details.rename")}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("details.rename")}>
        <form onSubmit={(event) => void save(event)}>
          <Field label={t("newChat.groupName")} value={text} required autoFocus maxLength={80} onChange={(event) => setText(event.target.value)} />
          <DialogActions>
            <Button type="submit" look="primary" disabled={!text.trim()}>
              {t("action.save")}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  );
}
