// The app's own words, read from its catalogue: the tests name things as people see them.
import { readFileSync } from "node:fs";

export function words(language) {
  const source = readFileSync(new URL(`../src/lib/i18n/${language}.ts`, import.meta.url), "utf8");
  const entries = [...source.matchAll(/^ {2}"([^"]+)": (?:("(?:[^"\\]|\\.)*")|\{ one: ("(?:[^"\\]|\\.)*"), other: ("(?:[^"\\]|\\.)*") \}),$/gm)];
  const catalogue = new Map(entries.map(([, key, plain, one, other]) => [key, plain ? JSON.parse(plain) : { one: JSON.parse(one), other: JSON.parse(other) }]));
  return (key, values = {}) => {
    const entry = catalogue.get(key);
    if (entry === undefined) throw new Error(`no word for ${key}`);
    const sentence = typeof entry === "string" ? entry : values.n === 1 ? entry.one : entry.other;
    return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  };
}
