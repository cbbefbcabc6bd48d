import { describe, expect, it } from "vitest";
import type { Capabilities, Channel } from "@/lib/api/types";
import { figureText } from "./GuideFigure";
import { abilities, grouped } from "./networks";

const text = (word: string) => ({ de: word, en: word });
export const able: Capabilities = {
  formatting: "plain",
  max_text: null,
  max_file: null,
  parts: [],
  captions: false,
  reply: "rejected",
  edit: "rejected",
  delete: "rejected",
  reaction: "rejected",
  typing: false,
  read_receipts: false,
  delivery_receipts: false,
  groups: false,
  start_chat: false,
  history: false,
  reply_window: null,
  templates: false,
};
const channel = (id: string, name = id): Channel => ({
  id,
  name: text(name),
  summary: text(`about ${name}`),
  docs: null,
  privacy: text(""),
  flows: [],
  guide: [],
  catalogue: { official: true, cost: text(""), rules: text(""), limits: text(""), tested: text("") },
  hook: false,
  capabilities: able,
});

describe("the catalogue of networks", () => {
  const all = ["mqtt", "irc", "slack", "telegram", "whatsapp", "sms", "email", "brand-new"].map((id) => channel(id));

  it("stands in groups, the usual ones first in each", () => {
    const groups = grouped(all, "").map(({ id, channels }) => [id, channels.map((one) => one.id)]);
    expect(groups).toEqual([
      ["mail", ["email", "sms"]],
      ["messengers", ["whatsapp", "telegram"]],
      ["business", ["slack"]],
      ["open", ["irc"]],
      ["own", ["mqtt", "brand-new"]],
    ]);
  });

  it("is searched by name, and empty groups disappear", () => {
    expect(grouped(all, "whats").map(({ id }) => id)).toEqual(["messengers"]);
    expect(grouped([channel("x", "Jörgs Netz")], "jorg")).toHaveLength(1);
    expect(grouped(all, "nothing like it")).toEqual([]);
  });

  it("says what works, what is simplified, and what does not", () => {
    const degrees = Object.fromEntries(abilities({ ...able, parts: ["image", "voice"], edit: "degraded", reply: "full" }).map(({ key, degree }) => [key, degree]));
    expect(degrees).toMatchObject({ "able.text": "full", "able.pictures": "full", "able.voice": "full", "able.edits": "degraded", "able.replies": "full", "able.reactions": "none", "able.location": "none" });
  });
});

describe("the drawings of a guide", () => {
  it("are told in words to who does not see them", () => {
    expect(figureText({ kind: "menu", path: ["Settings", "API"] })).toBe("Picture of a menu: Settings › API");
    expect(figureText({ kind: "form", fields: [["Name", "Shop"], ["Token", ""]] })).toBe("Picture of a form. Name: Shop; Token: your value stands here");
    expect(figureText({ kind: "chat", lines: [[true, "/newbot"], [false, "Done!"]] })).toBe("Picture of a chat. You: /newbot · Other side: Done!");
  });
});
