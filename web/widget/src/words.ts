// Everything that a visitor reads.

const en = {
  open: "Open chat",
  openUnread: "Open chat, {n} unread",
  close: "Close chat",
  greeting: "Hello! How can we help?",
  write: "Write a message",
  send: "Send",
  attach: "Attach a file",
  formLead: "Tell us who you are, so that we can answer you later, too.",
  name: "Name",
  email: "E-mail address",
  phone: "Phone number",
  optional: "optional",
  start: "Start chat",
  needed: "Please fill this in.",
  wrongEmail: "This is not an e-mail address.",
  wrongPhone: "This is not a phone number.",
  offline: "No connection. What you write is sent as soon as you are online.",
  waiting: "Waiting to be sent",
  failed: "Not sent",
  sent: "Sent",
  read: "Read",
  retry: "Send again",
  remove: "Remove",
  reply: "Reply",
  edit: "Change",
  actions: "Actions for this message",
  you: "You",
  typing: "{name} is typing",
  tooLarge: "This file is too large. Up to {n} MB can be sent.",
  fileType: "Files of this kind cannot be sent.",
  textTooLong: "This message is too long.",
  rejected: "The chat did not take this message.",
  drop: "Drop files here",
  replyTo: "Reply to {name}",
  editing: "Change message",
  cancel: "Cancel",
  today: "Today",
  yesterday: "Yesterday",
  messages: "Messages",
  file: "File",
  picture: "Picture: {name}",
  deleted: "Message removed",
  choose: "Choices",
};

const de: typeof en = {
  open: "Chat öffnen",
  openUnread: "Chat öffnen, {n} ungelesen",
  close: "Chat schließen",
  greeting: "Hallo! Wie können wir helfen?",
  write: "Nachricht schreiben",
  send: "Senden",
  attach: "Datei anhängen",
  formLead: "Sagen Sie uns, wer Sie sind, damit wir Ihnen auch später antworten können.",
  name: "Name",
  email: "E-Mail-Adresse",
  phone: "Telefonnummer",
  optional: "freiwillig",
  start: "Chat beginnen",
  needed: "Bitte ausfüllen.",
  wrongEmail: "Das ist keine E-Mail-Adresse.",
  wrongPhone: "Das ist keine Telefonnummer.",
  offline: "Keine Verbindung. Was Sie schreiben, wird gesendet, sobald Sie online sind.",
  waiting: "Wird noch gesendet",
  failed: "Nicht gesendet",
  sent: "Gesendet",
  read: "Gelesen",
  retry: "Erneut senden",
  remove: "Entfernen",
  reply: "Antworten",
  edit: "Ändern",
  actions: "Aktionen zu dieser Nachricht",
  you: "Sie",
  typing: "{name} schreibt",
  tooLarge: "Diese Datei ist zu groß. Bis {n} MB können gesendet werden.",
  fileType: "Dateien dieser Art können nicht gesendet werden.",
  textTooLong: "Diese Nachricht ist zu lang.",
  rejected: "Der Chat hat diese Nachricht nicht angenommen.",
  drop: "Dateien hier ablegen",
  replyTo: "Antwort an {name}",
  editing: "Nachricht ändern",
  cancel: "Abbrechen",
  today: "Heute",
  yesterday: "Gestern",
  messages: "Nachrichten",
  file: "Datei",
  picture: "Bild: {name}",
  deleted: "Nachricht entfernt",
  choose: "Auswahl",
};

export type Word = keyof typeof en;

let language: "en" | "de" = "en";

/** German for everything that begins with `de`, English for the rest of the world. */
export function speak(tag: string | null | undefined): "en" | "de" {
  language = /^de\b/i.test(tag ?? "") ? "de" : "en";
  return language;
}

export const spoken = () => language;

export function t(word: Word, values: Record<string, string | number> = {}): string {
  return (language === "de" ? de : en)[word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The visitor's own region, if it speaks the page's language: 15:00 in London, 3 PM in New York. */
const region = () => navigator.languages.find((tag) => tag.startsWith(language)) ?? language;

export const clock = (at: number) => new Intl.DateTimeFormat(region(), { hour: "2-digit", minute: "2-digit" }).format(at);

export function day(at: number, now = Date.now()): string {
  const date = new Date(at).toDateString();
  if (date === new Date(now).toDateString()) return t("today");
  if (date === new Date(now - 86_400_000).toDateString()) return t("yesterday");
  return new Intl.DateTimeFormat(region(), { dateStyle: "medium" }).format(at);
}

export function size(bytes: number): string {
  const unit = bytes < 1_000_000 ? "kilobyte" : "megabyte";
  const value = bytes / (unit === "kilobyte" ? 1_000 : 1_000_000);
  return new Intl.NumberFormat(region(), { style: "unit", unit, maximumFractionDigits: value < 10 && unit === "megabyte" ? 1 : 0 }).format(Math.max(value, 1));
}
