import { describe, expect, it } from "vitest";
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import { buildTimeline, type Item } from "./model";

const me = "@me:x";
const day = Date.UTC(2026, 4, 20, 10, 0);
const minute = 60_000;

function event(id: string, sender: string, at: number, part: { type?: string; content?: Record<string, unknown>; redacted?: boolean; state?: string; before?: Record<string, unknown> } = {}): MatrixEvent {
  const content = part.content ?? { msgtype: "m.text", body: id };
  const relation = content["m.relates_to"] as { rel_type?: string } | undefined;
  return {
    getId: () => id,
    getTxnId: () => undefined,
    getSender: () => sender,
    getTs: () => at,
    getType: () => part.type ?? "m.room.message",
    getContent: () => content,
    getPrevContent: () => part.before ?? {},
    getStateKey: () => part.state,
    getUnsigned: () => ({}),
    isRelation: (type: string) => relation?.rel_type === type,
    isRedacted: () => part.redacted ?? false,
    isDecryptionFailure: () => false,
    replacingEventId: () => undefined,
    replyEventId: undefined,
    sender: { rawDisplayName: sender, getMxcAvatarUrl: () => null },
    status: null,
  } as unknown as MatrixEvent;
}

function build(events: MatrixEvent[], options: { unreadAfter?: string; readUpTo?: string } = {}): Item[] {
  const members = [me, "@a:x", "@b:x"].map((userId) => ({ userId, membership: "join", rawDisplayName: userId, getMxcAvatarUrl: () => null, events: {} }));
  const client = { getSafeUserId: () => me, getUserId: () => me, getDomain: () => "x", getAccountData: () => undefined } as unknown as MatrixClient;
  const room = {
    roomId: "!r:x",
    getLiveTimeline: () => ({ getEvents: () => events }),
    getPendingEvents: () => [],
    getMembers: () => members,
    getMember: (userId: string) => members.find((member) => member.userId === userId) ?? null,
    getEventReadUpTo: () => options.readUpTo ?? null,
    currentState: { getStateEvents: (_type: string, key?: string) => (key === undefined ? [] : null) },
  } as unknown as Room;
  return buildTimeline(client, [room], { "!r:x": options.unreadAfter ?? null });
}

const shape = (items: Item[]) => items.map((item) => (item.type === "message" ? item.id : item.type));

describe("a conversation", () => {
  it("begins each day with its name", () => {
    const items = build([event("a", "@a:x", day), event("b", "@a:x", day + 24 * 60 * minute)]);
    expect(shape(items)).toEqual(["day", "a", "day", "b"]);
  });

  it("joins what one person says in a row, until a pause or another voice", () => {
    const items = build([event("a", "@a:x", day), event("b", "@a:x", day + minute), event("c", "@a:x", day + 10 * minute), event("d", me, day + 11 * minute)]);
    const runs = items.flatMap((item) => (item.type === "message" ? [[item.id, item.first, item.last]] : []));
    expect(runs).toEqual([
      ["a", true, false],
      ["b", false, true],
      ["c", true, true],
      ["d", true, true],
    ]);
  });

  it("draws the line of what is new before the first message of somebody else", () => {
    const items = build([event("a", "@a:x", day), event("own", me, day + minute), event("new", "@a:x", day + 2 * minute)], { unreadAfter: "a" });
    expect(shape(items)).toEqual(["day", "a", "own", "unread", "new"]);
  });

  it("hangs reactions on their message, counts a person once, and forgets what was taken back", () => {
    const reaction = (id: string, sender: string, redacted = false) => event(id, sender, day + minute, { type: "m.reaction", redacted, content: { "m.relates_to": { rel_type: "m.annotation", event_id: "a", key: "👍" } } });
    const [, item] = build([event("a", "@a:x", day), reaction("r1", "@b:x"), reaction("r2", "@b:x"), reaction("r3", me), reaction("r4", "@a:x", true)]);
    expect(item).toMatchObject({ id: "a", reactions: [{ key: "👍", senders: ["@b:x", me] }] });
  });

  it("does not show status events, edits and reactions as messages", () => {
    const items = build([
      event("a", me, day),
      event("s", "@unisono:x", day + 1, { type: "com.beeper.message_send_status", content: { "m.relates_to": { event_id: "a" }, status: "FAIL_RETRIABLE" } }),
      event("e", me, day + 2, { content: { msgtype: "m.text", body: "* x", "m.relates_to": { rel_type: "m.replace", event_id: "a" } } }),
    ]);
    expect(shape(items)).toEqual(["day", "a"]);
    expect(items[1]).toMatchObject({ fate: { kind: "failed", retry: "server" } });
  });

  it("folds changes of the chat that follow each other", () => {
    const join = (id: string, who: string) => event(id, who, day, { type: "m.room.member", state: who, content: { membership: "join", displayname: who } });
    const items = build([join("j1", "@a:x"), join("j2", "@b:x"), event("a", "@a:x", day)]);
    expect(shape(items)).toEqual(["day", "notice", "a"]);
    expect(items[1]).toMatchObject({ lines: ["@a:x joined", "@b:x joined"] });
  });
});
