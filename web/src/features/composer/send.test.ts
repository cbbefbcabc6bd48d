import { describe, expect, it } from "vitest";
import { readDraft, writeDraft } from "./drafts";
import { editContent, split, textContent } from "./send";

describe("what is sent", () => {
  it("names the message that it answers", () => {
    expect(textContent("hi", "$a")).toEqual({ msgtype: "m.text", body: "hi", "m.relates_to": { "m.in_reply_to": { event_id: "$a" } } });
    expect(textContent("hi")).toEqual({ msgtype: "m.text", body: "hi" });
  });

  it("replaces a message with a fall-back for clients that know no edits", () => {
    expect(editContent("new", "$a")).toMatchObject({ body: "* new", "m.new_content": { body: "new" }, "m.relates_to": { rel_type: "m.replace", event_id: "$a" } });
  });

  it("is cut at a word when the network takes less, and loses nothing", () => {
    expect(split("one two three", 7)).toEqual(["one two", "three"]);
    expect(split("🎉🎉🎉", 2).join("")).toBe("🎉🎉🎉");
    expect(split("short", null)).toEqual(["short"]);
  });
});

describe("a draft", () => {
  it("is kept per chat until it is sent", () => {
    writeDraft("!a", { text: "half a thou" });
    expect(readDraft("!a")?.text).toBe("half a thou");
    expect(readDraft("!b")).toBeNull();
    writeDraft("!a", { text: "  " });
    expect(readDraft("!a")).toBeNull();
  });
});
