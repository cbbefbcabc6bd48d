import { describe, expect, it, vi } from "vitest";
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import type { Entry, MessageItem } from "./entries";
import { layOut, merge } from "./model";
import { horizonOf, isWhole, loadFurther } from "./reach";

const rooms = Object.fromEntries(
  ["sms", "mail"].map((name) => [name, { roomId: name, currentState: { getStateEvents: (type: string, key?: string) => (key === undefined && type === "m.bridge" ? [{ getContent: () => ({ protocol: { id: name } }) }] : key === undefined ? [] : null) } } as unknown as Room]),
);

function said(id: string, time: number, part: { room?: string; pending?: boolean; unread?: boolean; sender?: string } = {}): Entry {
  const event = { getContent: () => ({}), getType: () => "m.room.message", status: null, replacingEventId: () => undefined, isRedacted: () => false, isDecryptionFailure: () => false } as unknown as MatrixEvent;
  const message = { type: "message", key: id, id, room: rooms[part.room ?? "sms"]!, event, own: false, senderId: part.sender ?? "@a:x", senderName: "", senderPicture: null, time, first: true, last: true, edited: false, replyTo: null, reactions: [], fate: null, via: null, revision: "" } as MessageItem;
  return { time, pending: part.pending ?? false, unread: part.unread ?? false, message, notice: null };
}
const ids = (entries: readonly Entry[]) => entries.map(({ message }) => message!.id);

describe("several rooms of one person", () => {
  it("are one list by time", () => {
    expect(ids(merge([[said("a", 1), said("c", 3)], [said("b", 2), said("d", 4)]]))).toEqual(["a", "b", "c", "d"]);
  });

  it("keep each room's own order, whatever its clocks say", () => {
    expect(ids(merge([[said("a", 5), said("b", 1)], [said("c", 3)]]))).toEqual(["c", "a", "b"]);
  });

  it("have at the end what is still on its way out", () => {
    expect(ids(merge([[said("a", 1), said("mine", 2, { pending: true })], [said("b", 9)]]))).toEqual(["a", "b", "mine"]);
  });

  it("tell by which network each message came, and begin a new run with each network", () => {
    const items = layOut(merge([[said("a", 1), said("c", 3)], [said("b", 2, { room: "mail" })]]), true).flatMap((item) => (item.type === "message" ? [[item.id, item.via, item.first]] : []));
    expect(items).toEqual([["a", "sms", true], ["b", "mail", true], ["c", "sms", true]]);
  });

  it("have one line of what is new, above the first new message of any room", () => {
    const items = layOut(merge([[said("a", 1), said("c", 3, { unread: true })], [said("b", 2, { unread: true })]]), false);
    expect(items.map((item) => (item.type === "message" ? item.id : item.type))).toEqual(["day", "a", "unread", "b", "c"]);
  });

  it("leave the kept entries as they are when they are laid out again", () => {
    const entries = [said("a", 1), said("b", 2)];
    layOut(entries, true);
    expect(entries.map(({ message }) => [message!.last, message!.via])).toEqual([[true, null], [true, null]]);
  });
});

describe("how far back they are loaded", () => {
  const room = (times: number[], more: boolean, first = "m.room.message") =>
    ({ getLiveTimeline: () => ({ getEvents: () => times.map((at, index) => ({ getTs: () => at, getType: () => (index === 0 ? first : "m.room.message") })), getPaginationToken: () => (more ? "token" : null) }) }) as unknown as Room;

  it("is the beginning of the room that is loaded least", () => {
    expect(horizonOf([room([10, 20], true), room([15, 30], true), room([25], false)])).toBe(15);
    expect(horizonOf([room([10], false)])).toBe(Number.NEGATIVE_INFINITY);
    expect(isWhole(room([5], true, "m.room.create"))).toBe(true);
  });

  it("goes on with that room alone, until all is here", async () => {
    const [far, near] = [room([10], true), room([15], true)];
    const scrollback = vi.fn(() => Promise.resolve());
    const client = { scrollback } as unknown as MatrixClient;
    expect(await loadFurther(client, [far, near], 40)).toBe(true);
    expect(scrollback.mock.calls).toEqual([[near, 40]]);
    expect(await loadFurther(client, [room([1], false)], 40)).toBe(false);
  });
});
