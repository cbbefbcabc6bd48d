import { Contact, File as FileIcon, LayoutTemplate, MapPin, Plus } from "lucide-react";
import { useRef } from "react";
import type { Room } from "matrix-js-sdk/lib/matrix";
import { t } from "@/lib/i18n";
import { capabilitiesOf } from "@/lib/matrix/chat";
import { IconButton } from "@/ui/Button";
import { Menu, type MenuItem } from "@/ui/Menu";
import { ContactDialog } from "./ContactDialog";
import { LocationDialog } from "./LocationDialog";
import { TemplateDialog } from "./TemplateDialog";

interface AttachMenuProps {
  room: Room;
  disabled: boolean;
  /** Free text is not possible now: only approved texts are. */
  closed: boolean;
  open: "location" | "contact" | "template" | null;
  onOpen: (what: "location" | "contact" | "template" | null) => void;
  onFiles: (files: File[]) => void;
}

/** Everything that is sent besides words. */
export function AttachMenu({ room, disabled, closed, open, onOpen, onFiles }: AttachMenuProps) {
  const input = useRef<HTMLInputElement>(null);
  const able = capabilitiesOf(room);
  const takes = (...kinds: string[]) => !able?.parts || kinds.some((kind) => able.parts?.includes(kind));
  const anyFile = !able?.parts || able.parts.some((kind) => !["text", "notice", "card", "location"].includes(kind));
  const all: (MenuItem | null)[] = [
    anyFile && !closed ? { label: t("composer.attach"), icon: <FileIcon />, onSelect: () => input.current?.click() } : null,
    // A place is words and an address where the network has none of its own.
    closed ? null : { label: t("location.send"), icon: <MapPin />, onSelect: () => onOpen("location") },
    takes("contact", "file") && !closed ? { label: t("contact.send"), icon: <Contact />, onSelect: () => onOpen("contact") } : null,
    able?.templates ? { label: t("templates.choose"), icon: <LayoutTemplate />, onSelect: () => onOpen("template") } : null,
  ];
  const items = all.filter((item) => item !== null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="file-input"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Menu
        align="start"
        items={items}
        trigger={
          <IconButton label={t("composer.add")} side="top" disabled={disabled || items.length === 0}>
            <Plus />
          </IconButton>
        }
      />
      <LocationDialog room={room} open={open === "location"} onClose={() => onOpen(null)} />
      <ContactDialog room={room} open={open === "contact"} onClose={() => onOpen(null)} />
      <TemplateDialog room={room} open={open === "template"} onClose={() => onOpen(null)} />
    </>
  );
}
