// The keyboard: single letters act when nobody is typing, Ctrl/Cmd-K always.
import { useEffect, useRef } from "react";
import { t } from "@/lib/i18n";
import { back, type Route } from "./routes";

interface Targets {
  onSwitch: () => void;
  onHelp: () => void;
  onNew: () => void;
  route: Route;
}

export function shortcutList(): { keys: string; does: string }[] {
  return [
    { keys: t("keys.switch"), does: t("switcher.title") },
    { keys: "J / K", does: t("shortcut.step") },
    { keys: "/", does: t("shortcut.search") },
    { keys: "R", does: t("shortcut.reply") },
    { keys: "E", does: t("shortcut.archive") },
    { keys: "C", does: t("newChat.title") },
    { keys: t("keys.esc"), does: t("shortcut.back") },
    { keys: t("keys.enter"), does: t("shortcut.send") },
    { keys: t("keys.shiftEnter"), does: t("shortcut.newline") },
    { keys: "?", does: t("shortcut.help") },
  ];
}

const typingIn = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const emit = (name: string, detail?: unknown) => window.dispatchEvent(new CustomEvent(`unisono:${name}`, { detail }));
const overlayOpen = () => document.querySelector('[role="dialog"], [role="menu"]') !== null;

export function useShortcuts(targets: Targets) {
  const latest = useRef(targets);
  latest.current = targets;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { onSwitch, onHelp, onNew, route } = latest.current;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return onSwitch();
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || overlayOpen()) return;
      if (event.key === "Escape") {
        if (typingIn(event.target)) (event.target as HTMLElement).blur();
        else if (route.id) back(route.page);
        return;
      }
      if (typingIn(event.target)) return;
      const act: Record<string, () => void> = {
        j: () => emit("step", 1),
        k: () => emit("step", -1),
        "/": () => emit("search"),
        r: () => emit("reply"),
        e: () => emit("archive"),
        c: onNew,
        "?": onHelp,
      };
      const run = act[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
