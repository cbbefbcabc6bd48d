import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Api, parse, Refused } from "./api";
import { contrast, onto, palette } from "./colours";
import { Conversation } from "./conversation";
import { Keep } from "./keep";
import { Outbox } from "./outbox";
import { plain, rich } from "./rich";
import type { Message, Node as TextNode, Waiting } from "./types";

const message = (id: string, at: number, more: Partial<Message> = {}): Message => ({ id, at, mine: false, text: id, event: `$${id}`, ...more });
const ids = (conversation: Conversation) => conversation.list().map(({ id }) => id);
const shown = (parts: (Element | string)[]) => {
  const place = document.createElement("div");
  place.append(...parts);
  return place.innerHTML;
};

describe("the conversation", () => {
  it("keeps what is on its way at the end, and loses it to nothing that the server says", () => {
    const conversation = new Conversation();
    conversation.put(message("waiting", 1, { mine: true, event: undefined, state: "waiting" }));
    conversation.put(message("just sent", 5, { mine: true, event: undefined }));
    conversation.take(message("old", 2));
    expect(conversation.stand([message("new", 3)]).map(({ id }) => id)).toEqual(["new"]);
    expect(ids(conversation)).toEqual(["old", "new", "just sent", "waiting"]);
    conversation.stand([message("old", 2), message("new", 3)]);
    conversation.stand([message("new", 3)]);
    expect(ids(conversation)).toEqual(["old", "new", "just sent", "waiting"]);
    conversation.stand([message("old", 2)]);
    expect(ids(conversation), "what the server no longer has is gone").toEqual(["old", "just sent", "waiting"]);
  });

  it("takes the same message twice without showing it twice", () => {
    const conversation = new Conversation();
    expect(conversation.take(message("a", 1))).toBe(true);
    expect(conversation.take(message("a", 1, { text: "changed" }))).toBe(false);
    expect(conversation.list()).toHaveLength(1);
    expect(conversation.find("$a")?.text).toBe("changed");
    expect([conversation.unread(0), conversation.unread(1)]).toEqual([1, 0]);
  });
});

describe("formatted text", () => {
  it("becomes elements of our list and nothing else", () => {
    const hostile: TextNode[] = [["script", ["alert(1)"]], ["img", []], ["a", ["x"], "javascript:alert(1)"], ["b", ["<i>bold</i>"]], ["a", ["y"], "https://a.example/"]];
    const html = shown(rich(hostile));
    expect(html).toBe('alert(1)<span>x</span><b>&lt;i&gt;bold&lt;/i&gt;</b><a href="https://a.example/" target="_blank" rel="noopener noreferrer nofollow">y</a>');
  });

  it("makes addresses in plain text links, without the full stop behind them", () => {
    expect(shown(plain("See https://a.example/x?y=1. <b>"))).toBe('See <a href="https://a.example/x?y=1" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x?y=1</a>. &lt;b&gt;');
  });
});

describe("a site's colour", () => {
  it.each(["#0f6b6b", "#ffff00", "#000000", "#ffffff", "#ff0000", "#7f7f7f", "#00e5ff"])("%s can be read on, in light and dark", (colour) => {
    expect(contrast(onto(colour), colour)).toBeGreaterThan(4.2);
    for (const [scheme, ground] of [["light", "#ffffff"], ["dark", "#151e1d"]] as const) {
      const values = Object.fromEntries(palette(colour, scheme).split(";").map((one) => one.slice(2).split(":")));
      expect(contrast(values.ink, ground)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(values["own-text"], values.own)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("the stream", () => {
  it("reads events and passes over comments and nonsense", () => {
    expect(parse('id: 7\nevent: typing\ndata: {"typing":true}')).toEqual({ name: "typing", data: { typing: true }, id: 7 });
    expect(parse(": \n")).toBeNull();
    expect(parse("data: {")).toBeNull();
  });
});

describe("the outbox", () => {
  const waiting = (id: string, at: number): Waiting => ({ id, at, text: id });
  let keep: Keep;

  beforeEach(() => {
    localStorage.clear();
    keep = new Keep("site");
  });

  const start = (post: (id: string) => Promise<Partial<Message>>) => {
    const api = new Api("https://chat.example/_unisono/hooks/site/");
    vi.spyOn(api, "post").mockImplementation((_path, body) => post((body as Waiting).id) as never);
    const told: string[] = [];
    const outbox = new Outbox(api, keep, {
      ready: () => Promise.resolve(),
      sent: (id) => told.push(`sent ${id}`),
      refused: (id, why) => told.push(`${why} ${id}`),
      forgotten: () => told.push("forgotten"),
      offline: () => told.push("offline"),
    });
    return { outbox, told };
  };

  it("sends in order under the same ids, and keeps what nobody took for the next page", async () => {
    await keep.put(waiting("b", 2));
    await keep.put(waiting("a", 1));
    let alive = false;
    const asked: string[] = [];
    const post = (id: string) => {
      asked.push(id);
      return alive ? Promise.resolve({}) : Promise.reject(new Refused(0, "network", null, null));
    };
    const first = start(post);
    await first.outbox.flush();
    expect([asked, first.told]).toEqual([["a"], ["offline"]]);
    alive = true;
    // Another page of the same browser.
    keep = new Keep("site");
    const second = start(post);
    await second.outbox.flush();
    expect(second.told).toEqual(["sent a", "sent b"]);
    expect(keep.waiting()).toEqual([]);
  });

  it("lays aside what is refused, and goes on", async () => {
    await keep.put(waiting("bad", 1));
    await keep.put(waiting("good", 2));
    const { outbox, told } = start((id) => (id === "bad" ? Promise.reject(new Refused(413, "too_large", null, null)) : Promise.resolve({})));
    await outbox.flush();
    expect(told).toEqual(["too_large bad", "sent good"]);
    expect(await outbox.again("bad")).toBe(true);
    expect(keep.waiting().map(({ id }) => id)).toEqual(["bad"]);
  });
});

describe("the one file", () => {
  it("is smaller than 30 KB when packed, and imports nothing", { timeout: 60_000 }, async () => {
    const configFile = `${process.cwd()}/widget/vite.config.ts`;
    const built = (await build({ configFile, logLevel: "silent", build: { write: false } })) as Rolldown.RolldownOutput[];
    const files = built.flatMap(({ output }) => output);
    expect(files).toHaveLength(1);
    const code = (files[0] as Rolldown.OutputChunk).code;
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(30 * 1024);
    expect(code).not.toMatch(/\bimport\s*[({"]|innerHTML|insertAdjacentHTML|document\.write/);
  });
});
