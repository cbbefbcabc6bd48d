import { describe, expect, it } from "vitest";
import { cleanHtml, isJumbo, linkify } from "./sanitize";

describe("formatted text", () => {
  it("keeps its meaning and loses everything that runs, loads or dresses", () => {
    const html = cleanHtml('<p style="position:fixed" onclick="x()">Hi <b>you</b><script>x()</script><img src="https://spy.test/a.png"></p>');
    expect(html).toBe("<p>Hi <b>you</b></p>");
  });

  it("opens links elsewhere and only real ones", () => {
    expect(cleanHtml('<a href="https://a.test">a</a>')).toBe('<a href="https://a.test" target="_blank" rel="noreferrer noopener">a</a>');
    expect(cleanHtml('<a href="javascript:alert(1)">a</a>')).not.toContain("javascript");
  });

  it("does not repeat the message that is answered", () => {
    expect(cleanHtml("<mx-reply><blockquote>old</blockquote></mx-reply>new")).toBe("new");
  });
});

describe("plain text", () => {
  it("makes addresses clickable and leaves the sentence's full stop alone", () => {
    expect(linkify("See https://a.test/x_(y). Or write to anna@b.test!")).toEqual([
      { text: "See " },
      { text: "https://a.test/x_(y", href: "https://a.test/x_(y" },
      { text: "). Or write to " },
      { text: "anna@b.test", href: "mailto:anna@b.test" },
      { text: "!" },
    ]);
  });

  it("is large when it is a few emoji and nothing else", () => {
    expect(isJumbo("🎉")).toBe(true);
    expect(isJumbo("👨‍👩‍👧 ❤️")).toBe(true);
    expect(isJumbo("🎉🎉🎉🎉")).toBe(false);
    expect(isJumbo("ok 🎉")).toBe(false);
    expect(isJumbo("123")).toBe(false);
  });
});
