// Sending and reading events: messages, state, paging, context, relations.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { enc, fine, ids, newName, pair, refused, register } from "../matrix.mjs";

describe("sending", () => {
    let anna, ben, room;
    before(async () => void ({ anna, ben, room } = await pair()));
    const path = (txn, type = "m.room.message") => `/rooms/${enc(room)}/send/${type}/${txn}`;
    const hello = { msgtype: "m.text", body: "hello" };

    test("the same transaction again gives the same event", async () => {
        const txn = newName();
        const first = await anna.put(path(txn), hello);
        const again = await anna.put(path(txn), hello);
        assert.equal(again.event_id, first.event_id);
        const other = await ben.put(path(txn), hello);
        assert.notEqual(other.event_id, first.event_id);
    });
    test("the sender's own device sees its transaction id, others do not", async () => {
        const txn = newName();
        const { since: mine } = await anna.syncUntil(() => true);
        const { since: theirs } = await ben.syncUntil(() => true);
        const { event_id: id } = await anna.put(path(txn), hello);
        assert.equal((await anna.waitFor(room, id, { since: mine })).result.unsigned.transaction_id, txn);
        assert.equal((await ben.waitFor(room, id, { since: theirs })).result.unsigned?.transaction_id, undefined);
    });
    test("unknown types and keys arrive as they were sent", async () => {
        const content = { "org.example": { deep: [1, "2", null, { ü: true }], big: 9007199254740991 }, empty: {} };
        const { event_id: id } = await anna.put(path(newName(), "org.example.thing"), content);
        const event = await ben.get(`/rooms/${enc(room)}/event/${enc(id)}`);
        assert.deepEqual(event.content, content);
        assert.deepEqual([event.type, event.sender, event.room_id], ["org.example.thing", anna.userId, room]);
        assert.ok(Math.abs(event.origin_server_ts - Date.now()) < 60_000);
    });
    test("a number with a fraction is no event: M_BAD_JSON", async () => {
        refused(await anna.ask("PUT", path(newName()), { body: { ...hello, n: 1.5 } }), 400, "M_BAD_JSON");
    });
    test("more than 64 KiB: 413 M_TOO_LARGE", async () => {
        refused(await anna.ask("PUT", path(newName()), { body: { ...hello, body: "x".repeat(70_000) } }), 413, "M_TOO_LARGE");
    });
    test("into a room that I am not in: 403 M_FORBIDDEN", async () => {
        const carl = await register();
        refused(await carl.ask("PUT", path(newName()), { body: hello }), 403, "M_FORBIDDEN");
    });
    test("many at once all arrive, each once", async () => {
        const sent = await Promise.all(Array.from({ length: 30 }, (_, n) => anna.send(room, `number ${n}`)));
        const { chunk } = await ben.get(`/rooms/${enc(room)}/messages`, { dir: "b", limit: 100 });
        const seen = ids(chunk);
        for (const id of sent) assert.equal(seen.filter((one) => one === id).length, 1);
    });
});

describe("state", () => {
    let anna, ben, room;
    before(async () => void ({ anna, ben, room } = await pair()));
    const at = (type, key) => `/rooms/${enc(room)}/state/${type}${key === undefined ? "" : "/" + enc(key)}`;

    test("is read alone and whole", async () => {
        await anna.setState(room, "org.example.colour", { colour: "teal" }, "door");
        assert.deepEqual(await ben.get(at("org.example.colour", "door")), { colour: "teal" });
        const all = await ben.get(`/rooms/${enc(room)}/state`);
        const one = all.find((event) => event.type === "org.example.colour");
        assert.deepEqual([one.state_key, one.sender], ["door", anna.userId]);
        assert.ok(all.some((event) => event.type === "m.room.create"));
    });
    test("the path may end with or without a slash when the key is empty", async () => {
        await anna.put(at("m.room.topic"), { topic: "one" });
        assert.equal((await ben.get(at("m.room.topic", ""))).topic, "one");
    });
    test("what was not set: 404 M_NOT_FOUND", async () => {
        refused(await ben.ask("GET", at("m.room.avatar")), 404, "M_NOT_FOUND");
    });
    test("the same content again makes no second event", async () => {
        const one = await anna.setState(room, "org.example.same", { a: 1 });
        const two = await anna.setState(room, "org.example.same", { a: 1 });
        assert.equal(two, one);
    });
    test("a new value knows the one before", async () => {
        const one = await anna.setState(room, "org.example.prev", { a: 1 });
        const { since } = await ben.syncUntil(() => true);
        const two = await anna.setState(room, "org.example.prev", { a: 2 });
        const { result } = await ben.waitFor(room, two, { since });
        assert.deepEqual(result.unsigned.prev_content, { a: 1 });
        assert.equal(result.unsigned.replaces_state, one);
    });
    test("keys that are another's user id: 403 M_FORBIDDEN", async () => {
        refused(await anna.ask("PUT", at("org.example.own", ben.userId), { body: {} }), 403, "M_FORBIDDEN");
    });
    test("power levels: nobody gives more than they have", async () => {
        const levels = await anna.get(at("m.room.power_levels"));
        const wanted = { ...levels, users: { ...levels.users, [ben.userId]: 50 } };
        await anna.put(at("m.room.power_levels"), wanted);
        const more = { ...wanted, users: { ...wanted.users, [ben.userId]: 100 } };
        refused(await ben.ask("PUT", at("m.room.power_levels"), { body: more }), 403, "M_FORBIDDEN");
        await ben.put(at("m.room.name"), { name: "by Ben" });
    });
    test("strangers see nothing: 403 M_FORBIDDEN", async () => {
        const carl = await register();
        refused(await carl.ask("GET", `/rooms/${enc(room)}/state`), 403, "M_FORBIDDEN");
        refused(await carl.ask("GET", at("m.room.topic")), 403, "M_FORBIDDEN");
        refused(await carl.ask("GET", `/rooms/${enc(room)}/members`), 403, "M_FORBIDDEN");
        refused(await carl.ask("GET", `/rooms/${enc(room)}/messages`, { query: { dir: "b" } }), 403, "M_FORBIDDEN");
    });
    test("an alias event must name an alias that leads here", async () => {
        const answer = await anna.ask("PUT", at("m.room.canonical_alias"), { body: { alias: `#${newName()}:${anna.server}` } });
        assert.equal(answer.status, 400);
        assert.equal(answer.json.errcode, "M_BAD_ALIAS");
    });
});

describe("paging", () => {
    let anna, ben, room, sent;
    before(async () => {
        ({ anna, ben, room } = await pair());
        sent = [];
        for (let n = 0; n < 12; n += 1) sent.push(await anna.send(room, `number ${n}`));
    });
    const page = (query) => ben.get(`/rooms/${enc(room)}/messages`, query);

    test("backwards from the end, page by page, nothing missing and nothing twice", async () => {
        const seen = [];
        let from;
        for (;;) {
            const answer = await page({ dir: "b", limit: 5, from });
            seen.push(...answer.chunk);
            if (!answer.end || !answer.chunk.length) break;
            assert.ok(answer.chunk.length <= 5);
            from = answer.end;
        }
        const messages = seen.filter((event) => event.type === "m.room.message");
        assert.deepEqual(ids(messages), [...sent].reverse());
        assert.equal(new Set(ids(seen)).size, seen.length);
        assert.equal(seen.at(-1).type, "m.room.create");
    });
    test("forwards from the beginning, page by page", async () => {
        const seen = [];
        let from;
        for (let n = 0; n < 20; n += 1) {
            const answer = await page({ dir: "f", limit: 4, from });
            seen.push(...answer.chunk);
            if (!answer.end || !answer.chunk.length) break;
            from = answer.end;
        }
        assert.equal(seen[0].type, "m.room.create");
        assert.deepEqual(ids(seen.filter((event) => event.type === "m.room.message")), sent);
    });
    test("a page can be turned around", async () => {
        const back = await page({ dir: "b", limit: 4 });
        const forth = await page({ dir: "f", limit: 4, from: back.end });
        assert.deepEqual(ids(forth.chunk), ids(back.chunk).reverse());
    });
    test("up to a point", async () => {
        const one = await page({ dir: "b", limit: 3 });
        const two = await page({ dir: "b", limit: 3, from: one.end });
        const both = await page({ dir: "b", limit: 50, to: two.end });
        assert.deepEqual(ids(both.chunk), [...ids(one.chunk), ...ids(two.chunk)]);
    });
    test("filtered by type", async () => {
        const filter = JSON.stringify({ types: ["m.room.member"] });
        const { chunk } = await page({ dir: "b", limit: 50, filter });
        assert.ok(chunk.length >= 2);
        assert.ok(chunk.every((event) => event.type === "m.room.member"));
        const not = await page({ dir: "b", limit: 50, filter: JSON.stringify({ not_types: ["m.room.message"] }) });
        assert.ok(!not.chunk.some((event) => event.type === "m.room.message"));
    });
    test("filtered by sender", async () => {
        const { chunk } = await page({ dir: "b", limit: 50, filter: JSON.stringify({ senders: [ben.userId] }) });
        assert.ok(chunk.length && chunk.every((event) => event.sender === ben.userId));
    });
    test("members come along when they are loaded lazily", async () => {
        const filter = JSON.stringify({ lazy_load_members: true });
        const { state } = await page({ dir: "b", limit: 3, filter });
        assert.ok(state.some((event) => event.type === "m.room.member" && event.state_key === anna.userId));
    });
    test("on from where a sync was limited", async () => {
        const answer = await ben.sync({ filter: { room: { timeline: { limit: 3 } } } });
        const { timeline } = answer.rooms.join[room];
        assert.equal(timeline.limited, true);
        assert.deepEqual(ids(timeline.events), sent.slice(-3));
        const more = await page({ dir: "b", limit: 3, from: timeline.prev_batch });
        assert.deepEqual(ids(more.chunk), sent.slice(-6, -3).reverse());
    });
    test("around one event", async () => {
        const middle = sent[5];
        const around = await ben.get(`/rooms/${enc(room)}/context/${enc(middle)}`, { limit: 4 });
        assert.equal(around.event.event_id, middle);
        assert.deepEqual(ids(around.events_before), [sent[4], sent[3]]);
        assert.deepEqual(ids(around.events_after), [sent[6], sent[7]]);
        assert.ok(around.state.some((event) => event.type === "m.room.create"));
        const older = await page({ dir: "b", limit: 2, from: around.start });
        assert.deepEqual(ids(older.chunk), [sent[2], sent[1]]);
        const newer = await page({ dir: "f", limit: 2, from: around.end });
        assert.deepEqual(ids(newer.chunk), [sent[8], sent[9]]);
    });
    test("around one event, with the state that was true there", async () => {
        await anna.setState(room, "m.room.topic", { topic: "then" });
        const there = await anna.send(room, "while the topic was another one");
        await anna.setState(room, "m.room.topic", { topic: "now" });
        const around = await ben.get(`/rooms/${enc(room)}/context/${enc(there)}`, { limit: 0 });
        assert.equal(around.state.find((event) => event.type === "m.room.topic").content.topic, "then");
    });
    test("around an unknown event: 404 M_NOT_FOUND", async () => {
        refused(await ben.ask("GET", `/rooms/${enc(room)}/context/${enc("$nothing")}`), 404, "M_NOT_FOUND");
        refused(await ben.ask("GET", `/rooms/${enc(room)}/event/${enc("$nothing")}`), 404, "M_NOT_FOUND");
    });
    test("with a token that nobody gave: 400", async () => {
        const answer = await ben.ask("GET", `/rooms/${enc(room)}/messages`, { query: { dir: "b", from: "rubbish" } });
        assert.equal(answer.status, 400);
    });
});

describe("history visibility", () => {
    const talk = async (visibility) => {
        const anna = await register();
        const ben = await register();
        const room = await anna.createRoom({ initial_state: [{ type: "m.room.history_visibility", content: { history_visibility: visibility } }] });
        const before = await anna.send(room, "before the invitation");
        await anna.invite(room, ben);
        const between = await anna.send(room, "between");
        await ben.join(room);
        const after = await anna.send(room, "after");
        const { chunk } = await ben.get(`/rooms/${enc(room)}/messages`, { dir: "b", limit: 50 });
        const seen = ids(chunk);
        return [before, between, after].map((id) => seen.includes(id));
    };
    for (const [visibility, wanted] of [
        ["shared", [true, true, true]], ["invited", [false, true, true]], ["joined", [false, false, true]],
    ]) {
        test(`${visibility}: who joins later sees ${wanted}`, async () => assert.deepEqual(await talk(visibility), wanted));
    }
});

describe("relations", () => {
    let anna, ben, room, root;
    before(async () => {
        ({ anna, ben, room } = await pair());
        root = await anna.send(room, "root");
    });
    const relations = (more = "") => ben.get(`/_matrix/client/v1/rooms/${enc(room)}/relations/${enc(root)}${more}`);

    test("an edit is found, and bundled with the edited message", async () => {
        const edit = await anna.send(room, {
            msgtype: "m.text", body: "* better", "m.new_content": { msgtype: "m.text", body: "better" },
            "m.relates_to": { rel_type: "m.replace", event_id: root },
        });
        const event = await ben.get(`/rooms/${enc(room)}/event/${enc(root)}`);
        assert.equal(event.unsigned["m.relations"]["m.replace"].event_id, edit);
        assert.deepEqual(ids((await relations("/m.replace")).chunk), [edit]);
    });
    test("a reaction is found; the same again is refused: M_DUPLICATE_ANNOTATION", async () => {
        const content = { "m.relates_to": { rel_type: "m.annotation", event_id: root, key: "👍" } };
        const reaction = await ben.send(room, content, "m.reaction");
        assert.ok(ids((await relations("/m.annotation/m.reaction")).chunk).includes(reaction));
        const again = await ben.ask("PUT", `/rooms/${enc(room)}/send/m.reaction/${newName()}`, { body: content });
        refused(again, 400, "M_DUPLICATE_ANNOTATION");
        fine(await ben.ask("PUT", `/rooms/${enc(room)}/redact/${enc(reaction)}/${newName()}`, { body: {} }));
        fine(await ben.ask("PUT", `/rooms/${enc(room)}/send/m.reaction/${newName()}`, { body: content }));
    });
    test("a thread is listed with its newest message and count", async () => {
        const reply = (body) => anna.send(room, { msgtype: "m.text", body, "m.relates_to": { rel_type: "m.thread", event_id: root } });
        await reply("one");
        const two = await reply("two");
        const { chunk } = await ben.get(`/_matrix/client/v1/rooms/${enc(room)}/threads`);
        assert.equal(chunk[0].event_id, root);
        const bundle = chunk[0].unsigned["m.relations"]["m.thread"];
        assert.deepEqual([bundle.count, bundle.latest_event.event_id], [2, two]);
    });
});

describe("redacting", () => {
    test("own messages always, others' only with the power", async () => {
        const { anna, ben, room } = await pair();
        const hers = await anna.send(room, "hers");
        const his = await ben.send(room, "his");
        const redact = (who, id) => who.ask("PUT", `/rooms/${enc(room)}/redact/${enc(id)}/${newName()}`, { body: {} });
        refused(await redact(ben, hers), 403, "M_FORBIDDEN");
        fine(await redact(ben, his));
        fine(await redact(anna, his));
        fine(await redact(anna, hers));
    });
    test("comes down the sync with what it redacts", async () => {
        const { anna, ben, room } = await pair({ room_version: "11" });
        const id = await anna.send(room, "oops");
        const { since } = await ben.syncUntil(() => true);
        const { event_id: redaction } = await anna.put(`/rooms/${enc(room)}/redact/${enc(id)}/${newName()}`, {});
        const { result } = await ben.waitFor(room, redaction, { since });
        assert.equal(result.content.redacts, id);
    });
    test("a member event keeps its membership", async () => {
        const { anna, ben, room } = await pair();
        const all = await anna.get(`/rooms/${enc(room)}/state`);
        const member = all.find((event) => event.type === "m.room.member" && event.state_key === ben.userId);
        fine(await anna.ask("PUT", `/rooms/${enc(room)}/redact/${enc(member.event_id)}/${newName()}`, { body: {} }));
        assert.deepEqual(await anna.get(`/rooms/${enc(room)}/state/m.room.member/${enc(ben.userId)}`), { membership: "join" });
    });
});
