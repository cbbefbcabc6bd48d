// All words of the app. Keys are typed: a missing one does not compile.
import type { Text } from "@/lib/api/types";
import { de } from "./de";
import { en } from "./en";

export type Language = "de" | "en";
export type Key = keyof typeof de;
/** A sentence, or one per plural category of `Intl.PluralRules`, chosen by the value `n`. */
export type Entry = string | { one: string; other: string };
export type Values = Record<string, string | number>;

const catalogues: Record<Language, Record<Key, Entry>> = { de, en };
const storageKey = "unisono.language";

function preferred(): Language {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === "de" || chosen === "en") return chosen;
  const first = navigator.languages.find((tag) => /^(de|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith("de") ? "de" : "en";
}

let current: Language = preferred();
const listeners = new Set<() => void>();
document.documentElement.lang = current;

export const language = () => current;

export function setLanguage(next: Language) {
  current = next;
  localStorage.setItem(storageKey, next);
  document.documentElement.lang = next;
  listeners.forEach((listener) => listener());
}

export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The sentence for a key in the present language, with `{name}` filled in from `values`. */
export function t(key: Key, values: Values = {}): string {
  return fill(catalogues[current][key], values, current);
}

export function fill(entry: Entry, values: Values, lang: Language): string {
  const sentence =
    typeof entry === "string"
      ? entry
      : entry[new Intl.PluralRules(lang).select(Number(values.n ?? 0)) === "one" ? "one" : "other"];
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(lang).format(value) : value;
  });
}

/** The server's own words, which come in both languages. */
export function pick(text: Text | null | undefined): string {
  return text ? text[current] || text.en : "";
}
