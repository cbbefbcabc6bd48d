import { describe, expect, it } from "vitest";
import { geoUri, mapUrl, readGeo, readTyped } from "./geo";
import { isHandle, kindOf, showHandle } from "./handles";
import { readCard, writeCard } from "./vcard";

describe("handles", () => {
  it("are told apart by how they are written", () => {
    expect(["+49 (170) 123-45 67", "0170/1234567", "anna@x.org", "@anna", "Anna Berg", "12"].map(kindOf)).toEqual(["phone", "phone", "email", "user", "word", "word"]);
  });

  it("are shown as people write them", () => {
    expect(showHandle("tel:+491701234567")).toBe("+49 170 1234567");
    expect(showHandle("tel:+12025550123")).toBe("+1 202 5550123");
    expect(showHandle("mailto:anna@x.org")).toBe("anna@x.org");
    expect(showHandle("c:anna@x.org")).toBe("anna@x.org");
    expect(showHandle("4711")).toBe("4711");
  });

  it("are no names", () => {
    expect(["+49 170", "0170 12345", "a@b.c", " "].every(isHandle)).toBe(true);
    expect(["Anna", "3Sat", "B&B"].some(isHandle)).toBe(false);
  });
});

describe("places", () => {
  it("are read from what people copy", () => {
    expect(readTyped("53.5503, 9.9921")).toEqual({ latitude: 53.5503, longitude: 9.9921 });
    expect(readTyped("53,5503; 9,9921")).toEqual({ latitude: 53.5503, longitude: 9.9921 });
    expect(readTyped("https://maps.example/@53.5503,9.9921,15z")).toEqual({ latitude: 53.5503, longitude: 9.9921 });
    expect(readTyped("geo:1.5,-2.5;u=35")).toEqual({ latitude: 1.5, longitude: -2.5 });
  });

  it("are refused when there is no such place on earth", () => {
    expect([readTyped("Hamburg"), readTyped("95.1, 10.1"), readGeo("geo:x,y"), readGeo({}), readGeo("javascript:alert(1)")]).toEqual([null, null, null, null, null]);
    expect(mapUrl({ latitude: 1, longitude: 2 })).toMatch(/^https:/);
    expect(readGeo(geoUri({ latitude: -0.5, longitude: 179.25 }))).toEqual({ latitude: -0.5, longitude: 179.25 });
  });
});

describe("contact cards", () => {
  it("come back as they were written", () => {
    const card = { name: "Berg, Anna; Dr.", organisation: "", phones: ["+491701"], emails: ["a@x.org"] };
    expect(readCard(writeCard(card))).toEqual(card);
  });

  it("are read as phones of all ages send them", () => {
    const old = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\nFN;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller\r\nitem1.TEL;CELL:+49 170 1\r\nEND:VCARD";
    expect(readCard(old)).toMatchObject({ name: "Jörg Müller", phones: ["+49 170 1"] });
    expect(readCard("BEGIN:VCARD\nN:Berg;Anna;;;\nORG:Klinik;Innere\nTEL;TYPE=cell:tel:+4\n 917\nEND:VCARD")).toMatchObject({ name: "Anna Berg", organisation: "Klinik, Innere", phones: ["+4917"] });
  });

  it("are nothing where there is none", () => {
    expect(readCard("<html>")).toBeNull();
  });
});
