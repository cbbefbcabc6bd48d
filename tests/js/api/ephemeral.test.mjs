// Receipts, typing, account data, tags and push rules.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { enc, fine, login, newName, pair, refused, register } from "../matrix.mjs";

const ephemeral = (answer, room, type) => answer.rooms?.join?.[room]?.ephemeral?.events.find((event) => event.type === type);
const accountData = (answer, type) => answer.account_data?.events.find((event) => event.type === type);

describe("receipts", () => {
    test("of others are seen", async () => {
        const { anna, ben, room } = await pair();
        const id = await anna.send(room, "hello");
        const { since } = await anna.syncUntil(() => true);
        await ben.post(`/rooms/${enc(room)}/receipt/m.read/${enc(id)}`);
        const { result } = await anna.syncUntil((answer) => ephemeral(answer, room, "m.receipt"), { since });
        assert.equal(typeof result.content[id]["m.read"][ben.userId].ts, "number");
    });
    test("private ones are seen by nobody else", async () => {
        const { anna, ben, room } = await pair();
        const id = await anna.send(room, "hello");
        const { since } = await anna.syncUntil(() => true);
        await ben.post(`/rooms/${enc(room)}/receipt/m.read.private/${enc(id)}`);
        const mine = await ben.syncUntil((answer) => ephemeral(answer, room, "m.receipt"));
        assert.ok(mine.result.content[id]["m.read.private"][ben.userId]);
        await anna.send(room, "one more, so that the sync returns");
        const answer = await anna.sync({ since });
        assert.equal(ephemeral(answer, room, "m.receipt"), undefined);
    });
    test("the mark of how far I have read is account data of the room", async () => {
        const { anna, ben, room } = await pair();
        const id = await anna.send(room, "hello");
        await ben.post(`/rooms/${enc(room)}/read_markers`, { "m.fully_read": id, "m.read": id });
        const { result } = await ben.syncUntil((answer) =>
            answer.rooms?.join?.[room]?.account_data?.events.find((event) => event.type === "m.fully_read"),
        );
        assert.equal(result.content.event_id, id);
        await anna.syncUntil((answer) => ephemeral(answer, room, "m.receipt")?.content[id]?.["m.read"]?.[ben.userId]);
    });
    test("of a kind that does not exist: 400", async () => {
        const { anna, room } = await pair();
        const id = await anna.send(room, "hello");
        assert.equal((await anna.ask("POST", `/rooms/${enc(room)}/receipt/m.nonsense/${enc(id)}`, { body: {} })).status, 400);
    });
});

describe("typing", () => {
    test("is seen by the others and ends", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await anna.syncUntil(() => true);
        const path = `/rooms/${enc(room)}/typing/${enc(ben.userId)}`;
        await ben.put(path, { typing: true, timeout: 30_000 });
        const begun = await anna.syncUntil((answer) => ephemeral(answer, room, "m.typing"), { since });
        assert.deepEqual(begun.result.content.user_ids, [ben.userId]);
        await ben.put(path, { typing: false });
        const ended = await anna.syncUntil((answer) => ephemeral(answer, room, "m.typing"), { since: begun.since });
        assert.deepEqual(ended.result.content.user_ids, []);
    });
    test("for somebody else: M_FORBIDDEN", async () => {
        const { anna, ben, room } = await pair();
        const answer = await ben.ask("PUT", `/rooms/${enc(room)}/typing/${enc(anna.userId)}`, { body: { typing: true, timeout: 1000 } });
        assert.ok([400, 403].includes(answer.status), `${answer.status}`);
        assert.equal(answer.json.errcode, "M_FORBIDDEN");
    });
    test("in a room that I am not in: 403 M_FORBIDDEN", async () => {
        const { room } = await pair();
        const carl = await register();
        refused(await carl.ask("PUT", `/rooms/${enc(room)}/typing/${enc(carl.userId)}`, { body: { typing: true, timeout: 1000 } }), 403, "M_FORBIDDEN");
    });
});

describe("account data", () => {
    let anna, ben, room;
    before(async () => void ({ anna, ben, room } = await pair()));
    const path = (type, person = anna) => `/user/${enc(person.userId)}/account_data/${type}`;
    const inRoom = (type, person = anna) => `/user/${enc(person.userId)}/rooms/${enc(room)}/account_data/${type}`;

    test("is kept as it is and comes to all my devices", async () => {
        const other = await login(anna);
        const { since } = await other.syncUntil(() => true);
        await anna.put(path("org.example.settings"), { theme: "dark", nested: [1, { a: null }] });
        const { result } = await other.syncUntil((answer) => accountData(answer, "org.example.settings"), { since });
        assert.deepEqual(result.content, { theme: "dark", nested: [1, { a: null }] });
        assert.deepEqual(await anna.get(path("org.example.settings")), { theme: "dark", nested: [1, { a: null }] });
    });
    test("unset: 404 M_NOT_FOUND", async () => {
        refused(await anna.ask("GET", path("org.example.none")), 404, "M_NOT_FOUND");
        refused(await anna.ask("GET", inRoom("org.example.none")), 404, "M_NOT_FOUND");
    });
    test("of a room stays with the room", async () => {
        await anna.put(inRoom("org.example.mark"), { star: true });
        assert.deepEqual(await anna.get(inRoom("org.example.mark")), { star: true });
        refused(await anna.ask("GET", path("org.example.mark")), 404, "M_NOT_FOUND");
        await anna.syncUntil((answer) =>
            answer.rooms?.join?.[room]?.account_data?.events.some((event) => event.type === "org.example.mark"),
        );
        const his = await ben.sync();
        assert.ok(!his.rooms.join[room].account_data?.events.some((event) => event.type === "org.example.mark"));
    });
    test("of others: 403 M_FORBIDDEN", async () => {
        refused(await ben.ask("GET", path("org.example.settings")), 403, "M_FORBIDDEN");
        refused(await ben.ask("PUT", path("org.example.settings"), { body: {} }), 403, "M_FORBIDDEN");
    });
    test("that the server keeps itself cannot be set: 405", async () => {
        const answer = await anna.ask("PUT", inRoom("m.fully_read"), { body: { event_id: "$a" } });
        assert.equal(answer.status, 405);
        assert.equal((await anna.ask("PUT", path("m.push_rules"), { body: {} })).status, 405);
    });
    test("tags of rooms", async () => {
        const tags = `/user/${enc(anna.userId)}/rooms/${enc(room)}/tags`;
        await anna.put(`${tags}/m.favourite`, { order: 0.25 });
        assert.deepEqual((await anna.get(tags)).tags, { "m.favourite": { order: 0.25 } });
        await anna.syncUntil((answer) =>
            answer.rooms?.join?.[room]?.account_data?.events.find((event) => event.type === "m.tag")?.content.tags["m.favourite"],
        );
        await anna.delete(`${tags}/m.favourite`);
        assert.deepEqual((await anna.get(tags)).tags, {});
    });
});

describe("push rules", () => {
    let anna;
    before(async () => void (anna = await register()));
    const rules = async () => (await anna.get("/pushrules/")).global;

    test("begin with those of the specification", async () => {
        const { override, underride } = await rules();
        assert.equal(override[0].rule_id, ".m.rule.master");
        assert.equal(override[0].enabled, false);
        const names = [...override, ...underride].map((rule) => rule.rule_id);
        for (const name of [".m.rule.suppress_notices", ".m.rule.invite_for_me", ".m.rule.is_user_mention", ".m.rule.call", ".m.rule.message", ".m.rule.room_one_to_one", ".m.rule.encrypted"]) {
            assert.ok(names.includes(name), name);
        }
    });
    test("come with the first sync as account data", async () => {
        const { result } = await anna.syncUntil((answer) => accountData(answer, "m.push_rules"));
        assert.ok(result.content.global.override.length > 3);
    });
    test("own rules are added in front, changed, switched off and removed", async () => {
        const rule = `/pushrules/global/content/${newName("rule")}`;
        await anna.put(rule, { pattern: "beans", actions: ["notify"] });
        assert.equal((await anna.get(rule)).pattern, "beans");
        assert.equal((await rules()).content[0].pattern, "beans");
        await anna.put(`${rule}/enabled`, { enabled: false });
        assert.deepEqual(await anna.get(`${rule}/enabled`), { enabled: false });
        await anna.put(`${rule}/actions`, { actions: ["notify", { set_tweak: "highlight" }] });
        assert.deepEqual((await anna.get(`${rule}/actions`)).actions, ["notify", { set_tweak: "highlight" }]);
        await anna.delete(rule);
        refused(await anna.ask("GET", rule), 404, "M_NOT_FOUND");
    });
    test("the order can be chosen", async () => {
        const [one, two] = [newName("one"), newName("two")];
        const body = { conditions: [], actions: [] };
        await anna.put(`/pushrules/global/override/${one}`, body);
        await anna.put(`/pushrules/global/override/${two}`, body, { after: one });
        const order = (await rules()).override.map((rule) => rule.rule_id);
        assert.ok(order.indexOf(one) < order.indexOf(two));
    });
    test("those of the specification cannot be removed, but switched", async () => {
        const answer = await anna.ask("DELETE", "/pushrules/global/underride/.m.rule.message");
        assert.ok([400, 404].includes(answer.status), `${answer.status}`);
        await anna.put("/pushrules/global/override/.m.rule.master/enabled", { enabled: true });
        assert.equal((await rules()).override[0].enabled, true);
        await anna.put("/pushrules/global/override/.m.rule.master/enabled", { enabled: false });
    });
    test("a name that begins with a dot is not free: 400", async () => {
        const answer = await anna.ask("PUT", "/pushrules/global/content/.mine", { body: { pattern: "a", actions: [] } });
        assert.equal(answer.status, 400);
    });
    test("a muted room does not count", async () => {
        const { anna: one, ben, room } = await pair({ preset: "public_chat" });
        const rule = { conditions: [{ kind: "event_match", key: "room_id", pattern: room }], actions: [] };
        await ben.put(`/pushrules/global/override/${enc(room)}`, rule);
        await one.send(room, "psst");
        const answer = await ben.sync();
        assert.equal(answer.rooms.join[room].unread_notifications.notification_count, 0);
    });
    test("pushers are kept and removed", async () => {
        const pusher = {
            kind: "http", app_id: "org.example.app", pushkey: newName("key"), app_display_name: "App", lang: "de",
            device_display_name: "Phone", data: { url: "https://push.example.org/_matrix/push/v1/notify", format: "event_id_only" },
        };
        await anna.post("/pushers/set", pusher);
        const { pushers } = await anna.get("/pushers");
        assert.deepEqual(pushers.map((one) => [one.pushkey, one.data.format]), [[pusher.pushkey, "event_id_only"]]);
        fine(await anna.ask("POST", "/pushers/set", { body: { ...pusher, kind: null } }));
        assert.deepEqual((await anna.get("/pushers")).pushers, []);
    });
});
