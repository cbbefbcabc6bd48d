import { describe, expect, it } from "vitest";
import { fill, setLanguage, t } from ".";
import { de } from "./de";
import { en } from "./en";
import { formatListTime, formatSize } from "./format";

const placeholders = (entry: unknown) =>
  [...new Set([...JSON.stringify(entry).matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].filter((name) => name !== "n").sort();

describe("the catalogues", () => {
  it("have the same keys in German and English", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(de).sort());
  });

  it("fill in the same values in both languages", () => {
    for (const key of Object.keys(de) as (keyof typeof de)[]) expect([key, placeholders(en[key])]).toEqual([key, placeholders(de[key])]);
  });

  it("leave no sentence empty", () => {
    for (const entry of [...Object.values(de), ...Object.values(en)]) expect(JSON.stringify(entry)).not.toMatch(/""/);
  });

  it("speak of chats and people, not of the machinery", () => {
    const words = JSON.stringify([de, en]).toLowerCase();
    for (const jargon of ["homeserver", "mxid", "bridge", "portal", "cross-signing"]) expect(words).not.toContain(jargon);
  });
});

describe("a sentence", () => {
  it("takes the plural form that the number asks for", () => {
    const entry = { one: "one file", other: "{n} files" };
    expect(fill(entry, { n: 1 }, "en")).toBe("one file");
    expect(fill(entry, { n: 0 }, "en")).toBe("0 files");
    expect(fill(entry, { n: 1200 }, "de")).toBe("1.200 files");
  });

  it("changes with the language", () => {
    setLanguage("de");
    expect(t("action.cancel")).toBe("Abbrechen");
    setLanguage("en");
    expect(t("action.cancel")).toBe("Cancel");
  });
});

describe("times and sizes", () => {
  const now = new Date(2026, 4, 20, 12, 0).getTime();

  it("get shorter the nearer they are", () => {
    expect(formatListTime(new Date(2026, 4, 20, 9, 5).getTime(), now)).toMatch(/9:05/);
    expect(formatListTime(new Date(2026, 4, 19, 23, 0).getTime(), now)).toBe("Yesterday");
    expect(formatListTime(new Date(2026, 4, 16, 9, 0).getTime(), now)).toBe("Sat");
    expect(formatListTime(0, now)).toBe("");
  });

  it("are written in the units that people read", () => {
    expect(formatSize(182_233)).toBe("182 kB");
    expect(formatSize(1_540_000)).toBe("1.5 MB");
  });
});
