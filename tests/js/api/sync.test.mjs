// /sync: what is new, for whom, and how often.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { enc, fine, ids, login, newName, pair, refused, register } from "../matrix.mjs";

describe("the first sync and the next", () => {
    test("gives rooms with state and timeline once, then only what is new", async () => {
        const { anna, ben, room } = await pair({ name: "Garden" });
        const first = await ben.sync();
        const joined = first.rooms.join[room];
        const all = [...(joined.state?.events ?? []), ...joined.timeline.events];
        assert.ok(all.some((event) => event.type === "m.room.name"));
        assert.equal(joined.summary["m.joined_member_count"], 2);
        const nothing = await ben.sync({ since: first.next_batch });
        assert.equal(nothing.rooms?.join?.[room], undefined);
        const id = await anna.send(room, "news");
        const { answer } = await ben.waitFor(room, id, { since: first.next_batch });
        const update = answer.rooms.join[room];
        assert.equal(update.timeline.limited ?? false, false);
        assert.deepEqual(update.state?.events ?? [], []);
        assert.deepEqual(ids(update.timeline.events), [id]);
        assert.equal(update.timeline.events[0].room_id, undefined, "the room is known from where it stands");
    });
    test("the same position again gives the same events", async () => {
        const { anna, ben, room } = await pair();
        const { next_batch: since } = await ben.sync();
        const id = await anna.send(room, "twice");
        const one = await ben.waitFor(room, id, { since });
        const two = await ben.waitFor(room, id, { since });
        assert.deepEqual(ids(two.answer.rooms.join[room].timeline.events), ids(one.answer.rooms.join[room].timeline.events));
    });
    test("waits for something to come, and not longer than asked", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await settle(ben);
        const start = Date.now();
        const empty = await ben.sync({ since, timeout: 400 });
        assert.ok(Date.now() - start >= 350, `${Date.now() - start} ms`);
        const waiting = ben.sync({ since: empty.next_batch, timeout: 20_000 });
        const id = await anna.send(room, "wake up");
        const answer = await waiting;
        assert.deepEqual(ids(answer.rooms.join[room].timeline.events), [id]);
        assert.ok(Date.now() - start < 10_000);
    });
    test("a gap is marked, and the state that changed in it comes along", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await settle(ben);
        await anna.setState(room, "m.room.topic", { topic: "new" });
        const sent = [];
        for (let n = 0; n < 6; n += 1) sent.push(await anna.send(room, `${n}`));
        const answer = await ben.sync({ since, filter: { room: { timeline: { limit: 2 } } } });
        const { timeline, state } = answer.rooms.join[room];
        assert.equal(timeline.limited, true);
        assert.deepEqual(ids(timeline.events), sent.slice(-2));
        assert.ok(timeline.prev_batch);
        assert.deepEqual(state.events.map((event) => event.type), ["m.room.topic"]);
        const { chunk } = await ben.get(`/rooms/${enc(room)}/messages`, { dir: "b", from: timeline.prev_batch, limit: 2 });
        assert.deepEqual(ids(chunk), [sent[3], sent[2]]);
    });
    test("state is that of the beginning of the timeline, not of its end", async () => {
        const anna = await register();
        const room = await anna.createRoom();
        await anna.setState(room, "org.example.x", { n: 1 });
        for (let n = 0; n < 3; n += 1) await anna.send(room, `${n}`);
        await anna.setState(room, "org.example.x", { n: 2 });
        const answer = await anna.sync({ filter: { room: { timeline: { limit: 2 } } } });
        const { state, timeline } = answer.rooms.join[room];
        assert.equal(state.events.find((event) => event.type === "org.example.x").content.n, 1);
        assert.equal(timeline.events.at(-1).content.n, 2);
    });
    test("the whole state when asked for", async () => {
        const { ben, room } = await pair();
        const { since } = await settle(ben);
        const answer = await ben.sync({ since, fullState: true });
        assert.ok(answer.rooms.join[room].state.events.some((event) => event.type === "m.room.create"));
    });
    test("a room that I come back to is complete", async () => {
        const { anna, ben, room } = await pair();
        await ben.leave(room);
        const { since } = await settle(ben);
        await anna.setState(room, "m.room.topic", { topic: "while you were away" });
        await anna.invite(room, ben);
        await ben.join(room);
        const { result } = await ben.syncUntil((answer) => answer.rooms?.join?.[room], { since });
        const all = [...(result.state?.events ?? []), ...result.timeline.events];
        assert.ok(all.some((event) => event.type === "m.room.topic"));
        assert.ok(all.some((event) => event.type === "m.room.create"));
    });
    test("a position that nobody gave: 400", async () => {
        const anna = await register();
        const answer = await anna.ask("GET", "/sync", { query: { since: "rubbish" } });
        assert.equal(answer.status, 400);
    });
});

/** Syncs until nothing comes any more. */
async function settle(person) {
    let { next_batch: since } = await person.sync();
    for (let n = 0; n < 10; n += 1) {
        const answer = await person.sync({ since, timeout: 50 });
        since = answer.next_batch;
        if (!Object.keys(answer.rooms?.join ?? {}).length) break;
    }
    return { since };
}

describe("invitations, leaving and being thrown out", () => {
    test("an invitation shows what the room is", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const { next_batch: since } = await ben.sync();
        const room = await anna.createRoom({ name: "Garden", invite: [ben.userId], is_direct: true });
        const { result } = await ben.syncUntil((answer) => answer.rooms?.invite?.[room], { since });
        const events = result.invite_state.events;
        const has = (type) => events.some((event) => event.type === type);
        assert.ok(has("m.room.create") && has("m.room.join_rules") && has("m.room.name"), events.map((e) => e.type).join());
        const mine = events.find((event) => event.type === "m.room.member" && event.state_key === ben.userId);
        assert.deepEqual([mine.content.membership, mine.content.is_direct, mine.sender], ["invite", true, anna.userId]);
        assert.ok(ben.token && (await ben.sync()).rooms.invite[room], "a first sync shows it as well");
    });
    test("leaving shows the room once more, with the end of its timeline", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await settle(ben);
        await ben.leave(room);
        await anna.send(room, "not for Ben");
        const { result, since: after } = await ben.syncUntil((answer) => answer.rooms?.leave?.[room], { since });
        const last = result.timeline.events.at(-1);
        assert.deepEqual([last.type, last.content.membership], ["m.room.member", "leave"]);
        const next = await ben.sync({ since: after });
        assert.equal(next.rooms?.leave?.[room], undefined);
        assert.equal((await ben.sync()).rooms?.leave?.[room], undefined, "a first sync does not list left rooms");
        const wanted = await ben.sync({ filter: { room: { include_leave: true } } });
        assert.ok(wanted.rooms.leave[room]);
    });
    test("being thrown out looks the same, with the reason", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await settle(ben);
        await anna.post(`/rooms/${enc(room)}/kick`, { user_id: ben.userId, reason: "bye" });
        const { result } = await ben.syncUntil((answer) => answer.rooms?.leave?.[room], { since });
        assert.equal(result.timeline.events.at(-1).content.reason, "bye");
    });
    test("a withdrawn invitation disappears", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const room = await anna.createRoom({ invite: [ben.userId] });
        const { since } = await ben.syncUntil((answer) => answer.rooms?.invite?.[room]);
        await anna.post(`/rooms/${enc(room)}/kick`, { user_id: ben.userId });
        await ben.syncUntil((answer) => answer.rooms?.leave?.[room], { since });
        assert.equal((await ben.sync()).rooms?.invite?.[room], undefined);
    });
});

describe("filters", () => {
    let anna, ben, room;
    before(async () => {
        ({ anna, ben, room } = await pair({ name: "Garden" }));
        await anna.send(room, "hello");
        await anna.send(room, { a: 1 }, "org.example.other");
    });
    test("are stored and used by their id", async () => {
        const filter = { room: { timeline: { types: ["org.example.other"] } } };
        const { filter_id: id } = await ben.post(`/user/${enc(ben.userId)}/filter`, filter);
        assert.deepEqual(await ben.get(`/user/${enc(ben.userId)}/filter/${id}`), filter);
        const answer = await ben.sync({ filter: id });
        const types = answer.rooms.join[room].timeline.events.map((event) => event.type);
        assert.deepEqual(types, ["org.example.other"]);
    });
    test("that nobody stored: 404 on reading, 400 in a sync", async () => {
        refused(await ben.ask("GET", `/user/${enc(ben.userId)}/filter/99999`), 404, "M_NOT_FOUND");
    });
    test("of others are out of reach: 403 M_FORBIDDEN", async () => {
        refused(await ben.ask("POST", `/user/${enc(anna.userId)}/filter`, { body: {} }), 403, "M_FORBIDDEN");
    });
    test("leave out what is not wanted", async () => {
        const answer = await ben.sync({
            filter: { room: { not_rooms: [room] }, presence: { types: [] }, account_data: { types: [] } },
        });
        assert.equal(answer.rooms?.join?.[room], undefined);
        assert.deepEqual(answer.account_data?.events ?? [], []);
    });
    test("lazy members: only those who wrote, and who they are", async () => {
        const quiet = await register();
        await anna.invite(room, quiet);
        await quiet.join(room);
        const id = await anna.send(room, "only I write");
        const answer = await ben.sync({ filter: { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } } });
        const { state, timeline } = answer.rooms.join[room];
        assert.deepEqual(ids(timeline.events), [id]);
        const members = state.events.filter((event) => event.type === "m.room.member").map((event) => event.state_key);
        assert.ok(members.includes(anna.userId));
        assert.ok(!members.includes(quiet.userId), "who wrote nothing is left out");
    });
    test("lazy members: a room without a name comes with those who give it one", async () => {
        const { anna: one, ben: two, room: unnamed } = await pair();
        const answer = await two.sync({ filter: { room: { timeline: { limit: 1 }, state: { lazy_load_members: true } } } });
        const { summary, state, timeline } = answer.rooms.join[unnamed];
        assert.deepEqual(summary["m.heroes"], [one.userId]);
        assert.deepEqual([summary["m.joined_member_count"], summary["m.invited_member_count"]], [2, 0]);
        const known = [...(state?.events ?? []), ...timeline.events].filter((event) => event.type === "m.room.member");
        assert.ok(known.some((event) => event.state_key === one.userId));
    });
});

describe("to-device messages", () => {
    test("arrive once, on the device that they are for", async () => {
        const { anna, ben } = await pair();
        const other = await login(ben);
        const messages = { [ben.userId]: { [ben.deviceId]: { secret: 1 } } };
        await anna.put(`/sendToDevice/org.example.test/${newName()}`, { messages });
        const { result, since } = await ben.syncUntil((answer) => answer.to_device?.events?.[0]);
        assert.deepEqual([result.type, result.sender, result.content], ["org.example.test", anna.userId, { secret: 1 }]);
        const again = await ben.sync({ since });
        assert.deepEqual(again.to_device?.events ?? [], []);
        assert.deepEqual((await other.sync()).to_device?.events ?? [], []);
    });
    test("come again as long as the client has not gone on", async () => {
        const { anna, ben } = await pair();
        const { next_batch: since } = await ben.sync();
        await anna.put(`/sendToDevice/org.example.test/${newName()}`, { messages: { [ben.userId]: { [ben.deviceId]: { n: 1 } } } });
        await ben.syncUntil((answer) => answer.to_device?.events?.[0], { since });
        await ben.syncUntil((answer) => answer.to_device?.events?.[0], { since });
    });
    test("the same transaction is delivered once; * reaches all devices", async () => {
        const { anna, ben } = await pair();
        const other = await login(ben);
        const path = `/sendToDevice/org.example.test/${newName()}`;
        const messages = { [ben.userId]: { "*": { n: 1 } } };
        await anna.put(path, { messages });
        await anna.put(path, { messages });
        for (const device of [ben, other]) {
            const { answer } = await device.syncUntil((sync) => sync.to_device?.events?.length);
            assert.equal(answer.to_device.events.length, 1);
        }
    });
    test("keep their order", async () => {
        const { anna, ben } = await pair();
        for (let n = 0; n < 5; n += 1) {
            await anna.put(`/sendToDevice/org.example.test/${newName()}`, { messages: { [ben.userId]: { [ben.deviceId]: { n } } } });
        }
        const { events } = (await ben.sync()).to_device;
        assert.deepEqual(events.map((event) => event.content.n), [0, 1, 2, 3, 4]);
    });
});

describe("unread counts", () => {
    const counts = async (person, room, since) => (await person.sync({ since })).rooms?.join?.[room]?.unread_notifications;

    test("grow with messages, and a read receipt clears them", async () => {
        const { anna, ben, room } = await pair({ preset: "public_chat", name: "Group" });
        await anna.send(room, "one");
        const last = await anna.send(room, "two");
        assert.deepEqual(await counts(ben, room), { notification_count: 2, highlight_count: 0 });
        await ben.post(`/rooms/${enc(room)}/receipt/m.read/${enc(last)}`);
        assert.deepEqual(await counts(ben, room), { notification_count: 0, highlight_count: 0 });
    });
    test("a mention is a highlight", async () => {
        const { anna, ben, room } = await pair({ preset: "public_chat", name: "Group" });
        await anna.send(room, { msgtype: "m.text", body: "look", "m.mentions": { user_ids: [ben.userId] } });
        assert.deepEqual(await counts(ben, room), { notification_count: 1, highlight_count: 1 });
    });
    test("own messages do not count", async () => {
        const { anna, ben, room } = await pair();
        const id = await anna.send(room, "one");
        await ben.post(`/rooms/${enc(room)}/receipt/m.read/${enc(id)}`);
        await ben.send(room, "answer");
        assert.deepEqual(await counts(ben, room), { notification_count: 0, highlight_count: 0 });
    });
    test("notices do not count", async () => {
        const { anna, ben, room } = await pair();
        await anna.send(room, { msgtype: "m.notice", body: "I am a machine" });
        assert.equal((await counts(ben, room)).notification_count, 0);
    });
});

test("one-time-key counts come with every sync", async () => {
    const anna = await register();
    const answer = await anna.sync();
    assert.equal(typeof (answer.device_one_time_keys_count?.signed_curve25519 ?? 0), "number");
    assert.ok(Array.isArray(answer.device_unused_fallback_key_types));
});
test("presence can be set without harm", async () => {
    const anna = await register();
    fine(await anna.ask("PUT", `/presence/${enc(anna.userId)}/status`, { body: { presence: "online" } }));
});
