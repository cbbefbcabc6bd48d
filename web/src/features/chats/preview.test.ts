import { describe, expect, it } from "vitest";
import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { previewOf, stripReply } from "./preview";

const event = (content: Record<string, unknown>, more: Partial<Record<"redacted" | "locked", boolean>> = {}) =>
  ({
    getType: () => "m.room.message",
    getContent: () => content,
    isRedacted: () => more.redacted ?? false,
    isDecryptionFailure: () => more.locked ?? false,
  }) as unknown as MatrixEvent;

describe("the line under a chat's name", () => {
  it("is the text in one line", () => {
    expect(previewOf(event({ msgtype: "m.text", body: "two\n lines" }))).toEqual({ kind: "text", text: "two lines" });
  });

  it("is a mail's subject when the mail has no text", () => {
    expect(previewOf(event({ msgtype: "m.text", body: "", "org.unisono.email": { subject: "Invoice" } })).text).toBe("Invoice");
  });

  it("names the kind of a file, or its caption", () => {
    expect(previewOf(event({ msgtype: "m.image", body: "a.png" }))).toEqual({ kind: "image", text: "Picture" });
    expect(previewOf(event({ msgtype: "m.image", body: "Look!", filename: "a.png" })).text).toBe("Look!");
    expect(previewOf(event({ msgtype: "m.file", body: "tickets.pdf" })).text).toBe("tickets.pdf");
  });

  it("says what cannot be read or was deleted", () => {
    expect(previewOf(event({}, { locked: true })).kind).toBe("locked");
    expect(previewOf(event({}, { redacted: true })).kind).toBe("deleted");
  });

  it("leaves out the quote that old clients put in front", () => {
    expect(stripReply("> <@a:x> old\n> more\n\nnew")).toBe("new");
    expect(stripReply("> just quoting")).toBe("> just quoting");
  });
});
