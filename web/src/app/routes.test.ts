import { describe, expect, it } from "vitest";
import { hashOf, parseRoute } from "./routes";

describe("an address", () => {
  it("survives the way to the bar and back, whatever is in a chat's id", () => {
    const route = { page: "chats", id: "!a/b%c:example.org" } as const;
    expect(parseRoute(hashOf(route))).toEqual(route);
  });

  it("that nobody knows leads to the chats", () => {
    expect(parseRoute("#/nonsense")).toEqual({ page: "chats", id: null });
    expect(parseRoute("")).toEqual({ page: "chats", id: null });
  });
});
