import { describe, expect, it } from "vitest";
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import type { Template } from "@/lib/api/types";
import { fillIn, parametersOf, placeLabel, templateContent } from "./template";
import { replyWindow } from "./window";

const hour = 3_600_000;

function roomWith(messages: { sender: string; at: number }[], { window = 24 * hour, more = false } = {}): Room {
  const events = messages.map(({ sender, at }) => ({ getType: () => "m.room.message", isRelation: () => false, getSender: () => sender, getTs: () => at }) as unknown as MatrixEvent);
  const states: Record<string, unknown> = { "com.beeper.room_features": { reply_window: window }, "m.bridge": { protocol: { id: "whatsapp" }, bridgebot: "@unisono:x" } };
  return {
    getLiveTimeline: () => ({ getEvents: () => events, getPaginationToken: () => (more ? "t" : null) }),
    currentState: { getStateEvents: (type: string, key?: string) => (key === undefined ? (states[type] ? [{ getContent: () => states[type] }] : []) : states[type] ? { getContent: () => states[type] } : null) },
  } as unknown as Room;
}

describe("the reply window", () => {
  it("runs from the other side's last message, whatever was answered since", () => {
    const room = roomWith([{ sender: "@w:x", at: 0 }, { sender: "@me:x", at: 5 * hour }, { sender: "@unisono:x", at: 6 * hour }]);
    expect(replyWindow(room, "@me:x", 10 * hour)).toEqual({ state: "open", left: 14 * hour });
    expect(replyWindow(room, "@me:x", 25 * hour)).toEqual({ state: "closed", ever: true });
  });

  it("is shut before the other side ever wrote, but not while their message may be further back", () => {
    expect(replyWindow(roomWith([{ sender: "@me:x", at: 0 }]), "@me:x", hour)).toEqual({ state: "closed", ever: false });
    expect(replyWindow(roomWith([{ sender: "@me:x", at: 0 }], { more: true }), "@me:x", hour)).toEqual({ state: "none" });
  });

  it("is none where the network has none", () => {
    expect(replyWindow(roomWith([], { window: 0 }), "@me:x", hour)).toEqual({ state: "none" });
  });
});

describe("a template", () => {
  const template: Template = { name: "order", language: "de", category: "UTILITY", header: null, body: "Hallo {{1}}, Nummer {{ 2 }} ist da. {{1}}!", footer: "Werkstatt", buttons: [], parameters: ["1", "2"] };

  it("has each place once, in the vendor's order", () => {
    expect(parametersOf(template)).toEqual(["1", "2"]);
    expect(parametersOf({ ...template, parameters: [] })).toEqual(["1", "2"]);
  });

  it("calls the places something that people understand", () => {
    expect(["1", "header.1", "header.image", "button.2", "first_name"].map(placeLabel)).toEqual(["Place 1", "Heading", "Address of the picture or file", "End of the address behind button 2", "first name"]);
  });

  it("shows what is filled in, and keeps the places that are not", () => {
    expect(fillIn(template.body, { "1": "Lea" })).toBe("Hallo Lea, Nummer {{2}} ist da. Lea!");
  });

  it("is sent in words for everybody and by name for the network", () => {
    expect(templateContent(template, { "1": " Lea ", "2": "7" })).toEqual({
      msgtype: "m.text",
      body: "Hallo Lea, Nummer 7 ist da. Lea!\n\nWerkstatt",
      "org.unisono.template": { name: "order", language: "de", parameters: ["Lea", "7"] },
    });
  });
});
