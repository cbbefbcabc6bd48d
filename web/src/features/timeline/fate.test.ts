import { describe, expect, it } from "vitest";
import type { MatrixEvent } from "matrix-js-sdk/lib/matrix";
import { collectStatus, fateOf, type Statuses } from "./fate";

const message = (status: string | null = null) => ({ getId: () => "$m", status }) as unknown as MatrixEvent;

function told(content: Record<string, unknown>): Statuses {
  const statuses: Statuses = new Map();
  const event = {
    getType: () => "com.beeper.message_send_status",
    getContent: () => ({ "m.relates_to": { event_id: "$m" }, ...content }),
  } as unknown as MatrixEvent;
  expect(collectStatus(statuses, event)).toBe(true);
  return statuses;
}

describe("the fate of an own message", () => {
  it("is a clock while it leaves this device", () => {
    expect(fateOf(message("sending"), 3, new Map(), [], 1).kind).toBe("sending");
    expect(fateOf(message("encrypting"), 3, new Map(), [], 1).kind).toBe("sending");
  });

  it("can be tried again from here when it never left", () => {
    expect(fateOf(message("not_sent"), 3, new Map(), [], 1)).toMatchObject({ kind: "failed", retry: "device" });
  });

  it("is one tick when the server has it, and read when the other has seen it", () => {
    expect(fateOf(message(), 3, new Map(), [["@a:x", 2]], 1).kind).toBe("sent");
    expect(fateOf(message(), 3, new Map(), [["@a:x", 3]], 1)).toMatchObject({ kind: "read", readBy: ["@a:x"] });
  });

  it("is read in a group only when everybody has seen it", () => {
    expect(fateOf(message(), 3, new Map(), [["@a:x", 5]], 2).kind).toBe("delivered");
    expect(fateOf(message(), 3, new Map(), [["@a:x", 5], ["@b:x", 4]], 2).kind).toBe("read");
  });

  it("says why another network refused it, and asks the server for the next try", () => {
    const statuses = told({ status: "FAIL_PERMANENT", message: "mailbox full", "org.unisono.message": { de: "Postfach voll", en: "Mailbox is full" } });
    expect(fateOf(message(), 3, statuses, [], 1)).toEqual({ kind: "failed", reason: "Mailbox is full", retry: "server", readBy: [] });
  });

  it("tells pending, sent and delivered on another network apart", () => {
    expect(fateOf(message(), 3, told({ status: "PENDING" }), [], 1).kind).toBe("sending");
    expect(fateOf(message(), 3, told({ status: "SUCCESS" }), [], 1).kind).toBe("sent");
    expect(fateOf(message(), 3, told({ status: "SUCCESS", delivered_to_users: ["@a:x"] }), [], 1).kind).toBe("delivered");
    expect(fateOf(message(), 3, told({ status: "SUCCESS" }), [["@a:x", 4]], 1).kind).toBe("read");
  });
});
