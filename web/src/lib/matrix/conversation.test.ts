import { describe, expect, it } from "vitest";
import type { MatrixClient, Room } from "matrix-js-sdk/lib/matrix";
import { join } from "@/features/chats/join";
import type { ChatSummary } from "@/features/chats/summary";
import { choicesOf } from "@/features/composer/ways";
import type { Way } from "@/lib/api/contacts";
import { contactBook, samePerson } from "./contacts";
import { conversationKey, conversationName, conversationOf, isMixed } from "./conversation";

function room(roomId: string, created: number, network: string | null, partner: string, membership = "join"): Room {
  const bridge = network ? [{ getContent: () => ({ protocol: { id: network, displayname: network.toUpperCase() }, channel: { id: partner } }) }] : [];
  return {
    roomId,
    getMyMembership: () => membership,
    getMember: () => ({ rawDisplayName: partner, events: {} }),
    getMembers: () => [],
    hasEncryptionStateEvent: () => network === null,
    currentState: { getStateEvents: (type: string, key?: string) => (key === undefined ? (type === "m.bridge" ? bridge : []) : type === "m.room.create" ? { getTs: () => created } : null) },
  } as unknown as Room;
}

const sms = room("!sms:x", 2, "sms", "+49 170 1");
const mail = room("!mail:x", 1, "email", "Lea");
const native = room("!native:x", 3, null, "lea");
const other = room("!other:x", 4, "sms", "Omar");
const asked = room("!asked:x", 5, null, "lea", "invite");

function clientWith(contacts: unknown): MatrixClient {
  const rooms = [sms, mail, native, other, asked];
  const data: Record<string, unknown> = {
    "m.direct": { "@sms_1:x": ["!sms:x", "!gone:x"], "@email_lea:x": ["!mail:x"], "@lea:x": ["!native:x", "!asked:x"], "@sms_2:x": ["!other:x"] },
    "org.unisono.contacts": contacts,
  };
  const events = Object.fromEntries(Object.entries(data).map(([type, content]) => [type, { getContent: () => content }]));
  return { getAccountData: (type: string) => events[type], getRoom: (id: string) => rooms.find((one) => one.roomId === id) ?? null, getUser: () => null, getSafeUserId: () => "@me:x", getUserId: () => "@me:x", getDomain: () => "x" } as unknown as MatrixClient;
}
const together = clientWith({ contacts: [{ id: "c1", user_ids: ["@email_lea:x", "@lea:x", "@sms_1:x"] }] });

describe("one person on several networks", () => {
  it("is one conversation, whichever chat is asked for", () => {
    for (const one of [sms, mail, native]) expect(conversationKey(together, one)).toBe("c1");
    expect(conversationOf(together, sms).rooms.map(({ roomId }) => roomId)).toEqual(["!mail:x", "!sms:x", "!native:x"]);
    expect(conversationOf(together, other).rooms).toEqual([other]);
  });

  it("does not take in what one was only asked to", () => {
    expect(conversationOf(together, asked).rooms).toEqual([asked]);
    expect(conversationKey(together, asked)).toBe("!asked:x");
  });

  it("is called by a name before a number", () => {
    expect(conversationName(together, [sms, mail])).toBe("Lea");
    expect(conversationName(clientWith({ contacts: [{ id: "c1", name: "Lea S.", user_ids: ["@sms_1:x"] }] }), [sms])).toBe("Lea S.");
  });

  it("stands alone where nobody has said more, or what was said is nonsense", () => {
    for (const nonsense of [undefined, {}, { contacts: "x" }, { contacts: [{ id: 4 }, { id: "c", user_ids: [1] }] }]) {
      const client = clientWith(nonsense);
      expect(contactBook(client).size).toBe(0);
      expect(conversationOf(client, sms).rooms).toEqual([sms]);
      expect(samePerson(client, "@sms_1:x")).toEqual(["@sms_1:x"]);
    }
  });

  it("is mixed only where networks differ", () => {
    expect(isMixed([sms, other])).toBe(false);
    expect(isMixed([sms, native])).toBe(true);
  });
});

describe("the ways to a person", () => {
  const way = (part: Partial<Way>): Way => ({ account_id: 1, channel: "sms", network: { de: "SMS", en: "SMS" }, account_name: "Shop", user_id: null, identifier: "+491701", room_id: null, ...part });

  it("are the chats that are there, then those that could be begun", () => {
    const choices = choicesOf([mail, native], [way({ channel: "email", room_id: "!mail:x", identifier: "lea@x.org" }), way({})]);
    expect(choices.map(({ name, detail, room: there }) => [name, detail, there !== null])).toEqual([
      ["E-mail", "lea@x.org", true],
      ["Unisono", "End-to-end encrypted", true],
      ["SMS", "+491701", false],
    ]);
  });

  it("name the account where there are several on one network", () => {
    expect(choicesOf([mail], [way({}), way({ account_id: 2, account_name: "Home" })]).slice(1).map(({ detail }) => detail)).toEqual(["+491701 · Shop", "+491701 · Home"]);
  });

  it("are the chats alone when the server does not say", () => {
    expect(choicesOf([sms], [])).toHaveLength(1);
  });
});

describe("the row of such a person", () => {
  const row = (part: Partial<ChatSummary>) => ({ id: "", name: "", seed: "", networks: [], draft: "", unread: 0, mentions: 0, failed: false, markedUnread: false, favourite: false, archived: false, muted: false, people: "", time: 0, picture: null, ...part }) as ChatSummary;

  it("sums up what is unread and speaks of the newest", () => {
    const joined = join([row({ id: "!a", time: 1, unread: 2, muted: true, networks: [{ id: "sms", name: "SMS" }] }), row({ id: "!b", time: 5, unread: 3, network: "email", draft: "half" })], "!a", "Lea");
    expect(joined).toMatchObject({ id: "!a", rooms: ["!b", "!a"], name: "Lea", unread: 5, network: "email", draft: "half", muted: false, time: 5 });
  });

  it("is archived only when all of it is, and a favourite when some is", () => {
    expect(join([row({ archived: true, favourite: true }), row({ id: "!b" })], "!b", "")).toMatchObject({ archived: false, favourite: true });
  });
});
