// Short words at the edge, with an undo where there is one. Spoken by screen readers.
import { useSyncExternalStore } from "react";
import { X } from "lucide-react";
import { t } from "@/lib/i18n";
import { Button, IconButton } from "./Button";
import styles from "./Toast.module.css";

interface Note {
  id: number;
  text: string;
  tone: "calm" | "red";
  action?: { label: string; run: () => void };
}

let notes: readonly Note[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Note[]) {
  notes = next;
  listeners.forEach((listener) => listener());
}

const dismiss = (id: number) => set(notes.filter((note) => note.id !== id));

export function toast(text: string, options: { tone?: Note["tone"]; action?: Note["action"] } = {}) {
  const note: Note = { id: nextId++, text, tone: options.tone ?? "calm", action: options.action };
  set([...notes.slice(-2), note]);
  setTimeout(() => dismiss(note.id), options.action ? 8000 : 5000);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notes,
  );
  return (
    <div className={styles.stack} role="status" aria-live="polite">
      {shown.map((note) => (
        <div key={note.id} className={styles.toast} data-tone={note.tone}>
          <span>{note.text}</span>
          {note.action ? (
            <Button
              look="quiet"
              className={styles.action}
              onClick={() => {
                note.action?.run();
                dismiss(note.id);
              }}
            >
              {note.action.label}
            </Button>
          ) : null}
          <IconButton label={t("action.close")} small onClick={() => dismiss(note.id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
