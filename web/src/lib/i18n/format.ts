// Dates, times and sizes as people in the chosen language write them.
import { language, t } from ".";

const day = 86_400_000;

/** The person's own region where it is one of the language: Britain writes 16:30, America 4:30 PM. */
function locale(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language()) ?? language();
}

const startOfDay = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);

export function formatTime(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** For the list: time today, weekday this week, else the date. */
export function formatListTime(ms: number, now: number): string {
  if (!ms) return "";
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / day);
  if (days <= 0) return formatTime(ms);
  if (days === 1) return t("time.yesterday");
  if (days < 7) return new Intl.DateTimeFormat(locale(), { weekday: "short" }).format(ms);
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale(), {
    day: "numeric",
    month: sameYear ? "short" : "2-digit",
    year: sameYear ? undefined : "2-digit",
  }).format(ms);
}

/** For the separators of a conversation. */
export function formatDay(ms: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(ms)) / day);
  if (days === 0) return t("time.today");
  if (days === 1) return t("time.yesterday");
  return new Intl.DateTimeFormat(locale(), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: new Date(ms).getFullYear() === new Date(now).getFullYear() ? undefined : "numeric",
  }).format(ms);
}

export function formatFull(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "short" }).format(ms);
}

export function formatDateTime(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

export function formatSize(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: units[unit],
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** What a device measured, with its own number of decimal places; anything but a plain number stays as it is. */
export function formatMeasured(value: string): string {
  const number = /^-?(?:0|[1-9]\d{0,14})(?:\.(\d{1,10}))?$/.exec(value);
  if (!number) return value;
  const digits = number[1]?.length ?? 0;
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: "min2" }).format(Number(value));
}

const unitOf = (value: number, unit: "hour" | "minute" | "day") => new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);

/** A length of time as one speaks of it: "24 hours", "7 days". */
export function formatHours(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours > 48 && hours % 24 === 0 ? unitOf(hours / 24, "day") : unitOf(hours, "hour");
}

/** What is left of a time: days, hours and minutes, whichever says enough. */
export function formatLeft(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  if (minutes < 60) return unitOf(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? unitOf(hours, "hour") : unitOf(Math.floor(hours / 24), "day");
}
