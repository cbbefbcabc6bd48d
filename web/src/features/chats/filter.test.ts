import { describe, expect, it } from "vitest";
import { networksOf, select } from "./filter";
import type { ChatSummary } from "./summary";

const chat = (part: Partial<ChatSummary>): ChatSummary => ({
  id: part.name ?? "x",
  rooms: [part.name ?? "x"],
  name: "",
  seed: "",
  picture: null,
  direct: true,
  network: null,
  networkName: null,
  networks: [],
  account: null,
  invited: false,
  time: 0,
  preview: null,
  sender: null,
  draft: "",
  failed: false,
  unread: 0,
  mentions: 0,
  markedUnread: false,
  favourite: false,
  archived: false,
  muted: false,
  people: "",
  ...part,
});

const chats = [
  chat({ name: "Jörg", unread: 2 }),
  chat({ name: "Kitchen", direct: false, people: "Lea Sommer @lea:x", markedUnread: true }),
  chat({ name: "Invoice", network: "email", networkName: "E-mail", networks: [{ id: "email", name: "E-mail" }], preview: { kind: "text", text: "The amount is due" } }),
  chat({ name: "Old", archived: true }),
];
const names = (list: ChatSummary[]) => list.map(({ name }) => name);

describe("the list of chats", () => {
  it("keeps the archive out of the way until it is asked for", () => {
    expect(names(select(chats, "all", ""))).toEqual(["Jörg", "Kitchen", "Invoice"]);
    expect(names(select(chats, "archived", ""))).toEqual(["Old"]);
    expect(names(select(chats, "all", "old"))).toEqual(["Old"]);
  });

  it("finds chats by name, people and last words, whatever the accents", () => {
    expect(names(select(chats, "all", "jorg"))).toEqual(["Jörg"]);
    expect(names(select(chats, "all", "lea kit"))).toEqual(["Kitchen"]);
    expect(names(select(chats, "all", "amount"))).toEqual(["Invoice"]);
  });

  it("shows what is unread, also when it was only marked so", () => {
    expect(names(select(chats, "unread", ""))).toEqual(["Jörg", "Kitchen"]);
  });

  it("can be cut down to one network, and knows which there are", () => {
    expect(networksOf(chats)).toEqual([{ id: "email", name: "E-mail" }]);
    expect(names(select(chats, "network:email", ""))).toEqual(["Invoice"]);
    expect(names(select(chats, "groups", ""))).toEqual(["Kitchen"]);
  });
});
