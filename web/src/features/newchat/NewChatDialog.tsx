import { t } from "@/lib/i18n";
import { Dialog } from "@/ui/Dialog";
export function NewChatDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return <Dialog open={open} onClose={onClose} title={t("newChat.title")}>{null}</Dialog>;
}
