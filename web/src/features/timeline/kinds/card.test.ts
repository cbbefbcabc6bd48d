import { describe, expect, it } from "vitest";
import { cardOf, choiceContent, choiceOf, readingOf } from "./card";
import { isContact } from "./ContactBody";
import { shapeOf, toldShape } from "./waveform";

describe("cards from outside", () => {
  it("keep what can be shown and nothing that could run", () => {
    const card = cardOf({ body: "Lunch?", "org.unisono.card": { buttons: [{ id: "y", label: "Yes" }, { id: "x" }, "no", { id: "u", label: "Menu", url: "javascript:alert(1)" }] } });
    expect(card).toEqual({ text: "Lunch?", list: null, buttons: [{ id: "y", label: "Yes", url: null, description: "" }, { id: "u", label: "Menu", url: null, description: "" }] });
  });

  it("are a text where no choice is left", () => {
    expect(cardOf({ "org.unisono.card": { text: "x", buttons: "many" } })).toBeNull();
    expect(cardOf({ "org.unisono.card": null })).toBeNull();
  });

  it("are answered with words and the id of the choice", () => {
    expect(choiceContent({ id: "y", label: "Yes", url: null, description: "" }, "$card")).toMatchObject({ body: "Yes", "org.unisono.choice": { id: "y", label: "Yes" }, "m.relates_to": { "m.in_reply_to": { event_id: "$card" } } });
    expect(choiceOf({ body: "Yes", "org.unisono.choice": { id: 3 } })).toEqual({ id: "3", label: "Yes" });
  });
});

describe("readings of devices", () => {
  it("have values of any simple kind", () => {
    expect(readingOf({ "org.unisono.reading": { title: "Cellar", state: "on", fields: [{ label: "T", value: 21, unit: "°C" }, { label: "Door", value: false }, { label: "none" }] } })).toEqual({
      title: "Cellar",
      state: "on",
      fields: [{ label: "T", value: "21", unit: "°C" }, { label: "Door", value: "false", unit: "" }],
    });
  });

  it("are a text where nothing is in them", () => {
    expect(readingOf({ "org.unisono.reading": { title: "x", state: "broken" } })).toBeNull();
  });
});

describe("files that are more than files", () => {
  it("knows a contact by type or name, and leaves large ones alone", () => {
    expect(isContact({ msgtype: "m.file", body: "a.vcf", info: { mimetype: "application/octet-stream" } })).toBe(true);
    expect(isContact({ msgtype: "m.file", body: "a", info: { mimetype: "text/vcard", size: 5_000_000 } })).toBe(false);
  });

  it("takes a voice's shape as told, at any length", () => {
    expect(shapeOf([])).toEqual([]);
    expect(Math.max(...shapeOf([0, 512, 1024]))).toBe(1);
    expect(toldShape({ "org.matrix.msc1767.audio": { waveform: [1, 2, "x", 3, 4] } })).toHaveLength(44);
    expect(toldShape({ "org.matrix.msc1767.audio": { waveform: "loud" } })).toBeNull();
  });
});
