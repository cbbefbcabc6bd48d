import { describe, expect, it } from "vitest";
import type { Account, Channel } from "@/lib/api/types";
import { reachableBy } from "./reachable";

const channels = ["email", "sms", "irc", "threema", "generic", "livechat"].map((id) => ({ id, capabilities: { start_chat: id !== "livechat" } }) as unknown as Channel);
const accounts = channels.map(({ id }, index) => ({ id: index, channel: id, state: { state: "connected" } }) as unknown as Account);
const by = (typed: string) => reachableBy(typed, accounts, channels).map(({ channel }) => channel.id);

describe("who can be written to with what was typed", () => {
  it("goes by its kind: a number, an address, a name on a network", () => {
    expect(by("+49 170 1234567")).toEqual(["sms", "threema", "generic"]);
    expect(by("anna@example.org")).toEqual(["email", "threema", "generic"]);
    expect(by("nick")).toEqual(["irc", "generic"]);
    expect(by("ECHOECHO")).toEqual(["irc", "threema", "generic"]);
  });

  it("takes words that are a person's name for no handle, but on networks that know their own", () => {
    expect(by("Anna Berg")).toEqual(["generic"]);
    expect(by("   ")).toEqual([]);
  });

  it("leaves out accounts that are signed out", () => {
    const out = accounts.map((account) => ({ ...account, state: { state: "logged_out" } }) as Account);
    expect(reachableBy("nick", out, channels)).toEqual([]);
  });
});
