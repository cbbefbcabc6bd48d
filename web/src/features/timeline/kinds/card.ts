// Cards with buttons or lists, choices made on them, and readings of devices, as events carry them. All of it comes
// from outside: what does not fit is left out.

export interface CardChoice {
  id: string;
  label: string;
  url: string | null;
  description: string;
}

export interface Card {
  text: string;
  buttons: CardChoice[];
  list: { title: string; sections: { title: string; rows: CardChoice[] }[] } | null;
}

export interface Reading {
  title: string;
  fields: { label: string; value: string; unit: string }[];
  state: "on" | "off" | null;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject).slice(0, 50) : []);
const words = (value: unknown): string => (typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "");

function choicesOf(value: unknown): CardChoice[] {
  return objects(value).flatMap((entry) => {
    const label = words(entry.label);
    const url = words(entry.url);
    return label ? [{ id: words(entry.id), label, url: /^(https?|tel|mailto):/i.test(url) ? url : null, description: words(entry.description) }] : [];
  });
}

export function cardOf(content: Json): Card | null {
  const card = content["org.unisono.card"];
  if (!isObject(card)) return null;
  const list = isObject(card.list) ? card.list : null;
  const sections = objects(list?.sections).map((section) => ({ title: words(section.title), rows: choicesOf(section.rows) }));
  const made: Card = {
    text: words(card.text) || words(content.body),
    buttons: choicesOf(card.buttons),
    list: list && sections.some(({ rows }) => rows.length > 0) ? { title: words(list.title), sections } : null,
  };
  return made.buttons.length > 0 || made.list ? made : null;
}

export function choiceOf(content: Json): { id: string; label: string } | null {
  const choice = content["org.unisono.choice"];
  if (!isObject(choice)) return null;
  const label = words(choice.label) || words(content.body);
  return label ? { id: words(choice.id), label } : null;
}

export function readingOf(content: Json): Reading | null {
  const reading = content["org.unisono.reading"];
  if (!isObject(reading)) return null;
  const fields = objects(reading.fields).flatMap((field) => {
    const value = words(field.value);
    return value ? [{ label: words(field.label), value, unit: words(field.unit) }] : [];
  });
  const state = reading.state === "on" || reading.state === "off" ? reading.state : null;
  return fields.length > 0 || state ? { title: words(reading.title), fields, state } : null;
}

/** The answer that pressing a choice sends: words for everybody, the id for the network. */
export function choiceContent(choice: CardChoice, card: string): Json {
  return {
    msgtype: "m.text",
    body: choice.label,
    "org.unisono.choice": { id: choice.id, label: choice.label },
    "m.relates_to": { "m.in_reply_to": { event_id: card } },
  };
}
