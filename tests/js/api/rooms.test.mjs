// Making rooms, and who may come in, go, and be thrown out.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { enc, eventually, fine, newName, pair, refused, register, request } from "../matrix.mjs";

const state = (person, room, type, key = "") => person.get(`/rooms/${enc(room)}/state/${type}/${enc(key)}`);
const membership = async (person, room, who) => (await state(person, room, "m.room.member", who.userId)).membership;

for (const version of ["11", "12"]) {
    describe(`room version ${version}`, () => {
        test("a room can be made, joined and written in", async () => {
            const { anna, ben, room } = await pair({ room_version: version });
            const create = await state(ben, room, "m.room.create");
            assert.equal(create.room_version, version);
            assert.equal(create.creator, undefined, "the creator is the sender since version 11");
            const id = await ben.send(room, "hello");
            assert.equal((await anna.get(`/rooms/${enc(room)}/event/${enc(id)}`)).content.body, "hello");
            assert.match(id, /^\$[A-Za-z0-9_-]{43}$/);
        });
        test("the creator may do everything", async () => {
            const { anna, ben, room } = await pair({ room_version: version });
            const { users = {} } = await state(anna, room, "m.room.power_levels");
            // Since version 12 the creator stands above the levels and must not be among them.
            assert.equal(users[anna.userId], version === "12" ? undefined : 100);
            await anna.setState(room, "m.room.name", { name: "A" });
            const refusal = await ben.ask("PUT", `/rooms/${enc(room)}/state/m.room.name`, { body: { name: "B" } });
            refused(refusal, 403, "M_FORBIDDEN");
        });
        test("a redacted message keeps its place and loses its content", async () => {
            const { anna, ben, room } = await pair({ room_version: version });
            const id = await anna.send(room, "secret");
            const { event_id: redaction } = await anna.put(`/rooms/${enc(room)}/redact/${enc(id)}/${newName()}`, { reason: "oops" });
            const left = await ben.get(`/rooms/${enc(room)}/event/${enc(id)}`);
            assert.deepEqual(left.content, {});
            assert.equal(left.unsigned.redacted_because.event_id, redaction);
            const seen = await ben.get(`/rooms/${enc(room)}/event/${enc(redaction)}`);
            assert.equal(seen.content.redacts, id);
            assert.equal(seen.content.reason, "oops");
        });
    });
}
test("the id of a room of version 12 is the hash of its first event", async () => {
    const anna = await register();
    const room = await anna.createRoom({ room_version: "12" });
    assert.match(room, /^![A-Za-z0-9_-]{43}$/);
    const { chunk } = await anna.get(`/rooms/${enc(room)}/messages`, { dir: "b", limit: 50 });
    const create = chunk.find((event) => event.type === "m.room.create");
    assert.equal(create.event_id.slice(1), room.slice(1));
});
test("a room version that nobody knows: M_UNSUPPORTED_ROOM_VERSION", async () => {
    const anna = await register();
    refused(await anna.ask("POST", "/createRoom", { body: { room_version: "99" } }), 400, "M_UNSUPPORTED_ROOM_VERSION");
});

describe("making a room", () => {
    test("name, topic, further state, direct invitation and encryption in one request", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const room = await anna.createRoom({
            name: "Garden", topic: "Beans", is_direct: true, invite: [ben.userId],
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        });
        assert.equal((await state(anna, room, "m.room.name")).name, "Garden");
        assert.equal((await state(anna, room, "m.room.topic")).topic, "Beans");
        assert.equal((await state(anna, room, "m.room.encryption")).algorithm, "m.megolm.v1.aes-sha2");
        const invited = await state(anna, room, "m.room.member", ben.userId);
        assert.deepEqual([invited.membership, invited.is_direct], ["invite", true]);
    });
    const presets = [
        ["private_chat", "invite", "shared", "can_join"],
        ["trusted_private_chat", "invite", "shared", "can_join"],
        ["public_chat", "public", "shared", "forbidden"],
    ];
    for (const [preset, rule, visibility, guests] of presets) {
        test(`the preset ${preset}`, async () => {
            const anna = await register();
            const room = await anna.createRoom({ preset, room_version: "11" });
            assert.equal((await state(anna, room, "m.room.join_rules")).join_rule, rule);
            assert.equal((await state(anna, room, "m.room.history_visibility")).history_visibility, visibility);
            // Without the event, guests are kept out.
            const access = await anna.ask("GET", `/rooms/${enc(room)}/state/m.room.guest_access`);
            assert.equal(access.json.guest_access ?? "forbidden", guests);
        });
    }
    test("the first events are in the order that the specification gives", async () => {
        const anna = await register();
        const room = await anna.createRoom({ room_version: "11", name: "N", topic: "T", initial_state: [{ type: "a.b", content: {} }] });
        const { chunk } = await anna.get(`/rooms/${enc(room)}/messages`, { dir: "f", limit: 50 });
        const types = chunk.map((event) => event.type);
        assert.deepEqual(types.slice(0, 3), ["m.room.create", "m.room.member", "m.room.power_levels"]);
        const at = (type) => types.indexOf(type);
        assert.ok(at("m.room.join_rules") < at("a.b") && at("a.b") < at("m.room.name") && at("m.room.name") < at("m.room.topic"), types.join());
    });
    test("power levels can be overridden, and further content given to the first event", async () => {
        const anna = await register();
        const room = await anna.createRoom({ power_level_content_override: { events_default: 50 }, creation_content: { "org.example": 1, type: "m.space" } });
        assert.equal((await state(anna, room, "m.room.power_levels")).events_default, 50);
        const create = await state(anna, room, "m.room.create");
        assert.deepEqual([create["org.example"], create.type], [1, "m.space"]);
    });
    test("an alias leads to the room; a second room cannot have it: M_ROOM_IN_USE", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const name = newName("alias");
        const room = await anna.createRoom({ room_alias_name: name, preset: "public_chat" });
        const alias = `#${name}:${anna.server}`;
        assert.equal((await ben.get(`/directory/room/${enc(alias)}`)).room_id, room);
        assert.equal((await state(anna, room, "m.room.canonical_alias")).alias, alias);
        refused(await anna.ask("POST", "/createRoom", { body: { room_alias_name: name } }), 400, "M_ROOM_IN_USE");
        assert.equal((await ben.join(alias)).room_id, room);
        refused(await anna.ask("GET", `/directory/room/${enc(`#${newName()}:${anna.server}`)}`), 404, "M_NOT_FOUND");
    });
    test("inviting somebody who is no user id: 400, and no room is left behind", async () => {
        const anna = await register();
        const answer = await anna.ask("POST", "/createRoom", { body: { invite: ["nobody"] } });
        assert.equal(answer.status, 400);
        assert.deepEqual((await anna.get("/joined_rooms")).joined_rooms, []);
    });
});

describe("coming and going", () => {
    test("who is invited may come; who is not: 403 M_FORBIDDEN", async () => {
        const { anna, ben, room } = await pair();
        const carl = await register();
        refused(await carl.ask("POST", `/rooms/${enc(room)}/join`, { body: {} }), 403, "M_FORBIDDEN");
        assert.equal(await membership(anna, room, ben), "join");
    });
    test("an invitation can be refused", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const room = await anna.createRoom({ invite: [ben.userId] });
        await ben.leave(room);
        assert.equal(await membership(anna, room, ben), "leave");
        refused(await ben.ask("POST", `/join/${enc(room)}`, { body: {} }), 403, "M_FORBIDDEN");
    });
    test("inviting a member: 403 M_FORBIDDEN that says so", async () => {
        const { anna, ben, room } = await pair();
        const answer = await anna.ask("POST", `/rooms/${enc(room)}/invite`, { body: { user_id: ben.userId } });
        const { error } = refused(answer, 403, "M_FORBIDDEN");
        assert.match(error, /is already in the room/);
    });
    test("joining twice changes nothing", async () => {
        const { ben, room } = await pair();
        assert.equal((await ben.join(room)).room_id, room);
    });
    test("throwing out, banning, and letting in again", async () => {
        const { anna, ben, room } = await pair();
        const at = (action, who = anna, whom = ben) => who.ask("POST", `/rooms/${enc(room)}/${action}`, { body: { user_id: whom.userId, reason: "r" } });
        fine(await at("kick"));
        const kicked = await state(anna, room, "m.room.member", ben.userId);
        assert.deepEqual([kicked.membership, kicked.reason], ["leave", "r"]);
        fine(await at("invite"));
        await ben.join(room);
        refused(await at("kick", ben, anna), 403, "M_FORBIDDEN");
        fine(await at("ban"));
        for (const answer of [await ben.ask("POST", `/join/${enc(room)}`, { body: {} }), await at("invite")]) {
            assert.equal(answer.status, 403);
            assert.ok(["M_FORBIDDEN", "M_BAD_STATE"].includes(answer.json.errcode), answer.json.errcode);
        }
        fine(await at("unban"));
        assert.equal(await membership(anna, room, ben), "leave");
        fine(await at("invite"));
        await ben.join(room);
    });
    test("throwing out who is not there: 403", async () => {
        const { anna, room } = await pair();
        const carl = await register();
        refused(await anna.ask("POST", `/rooms/${enc(room)}/kick`, { body: { user_id: carl.userId } }), 403, "M_FORBIDDEN");
    });
    test("who has left can neither write nor read what comes after, but what was before", async () => {
        const { anna, ben, room } = await pair();
        const before = await anna.send(room, "before");
        await ben.leave(room);
        const after = await anna.send(room, "after");
        refused(await ben.ask("PUT", `/rooms/${enc(room)}/send/m.room.message/1`, { body: { msgtype: "m.text", body: "x" } }), 403, "M_FORBIDDEN");
        const { chunk } = await ben.get(`/rooms/${enc(room)}/messages`, { dir: "b", limit: 20 });
        assert.ok(chunk.some((event) => event.event_id === before));
        assert.ok(!chunk.some((event) => event.event_id === after));
        const look = await ben.ask("GET", `/rooms/${enc(room)}/event/${enc(after)}`);
        assert.ok([403, 404].includes(look.status), `${look.status}`);
    });
    test("forgetting needs leaving first", async () => {
        const { anna, ben, room } = await pair();
        const answer = await ben.ask("POST", `/rooms/${enc(room)}/forget`, { body: {} });
        assert.equal(answer.status, 400);
        await ben.leave(room);
        fine(await ben.ask("POST", `/rooms/${enc(room)}/forget`, { body: {} }));
        refused(await ben.ask("GET", `/rooms/${enc(room)}/messages`, { query: { dir: "b" } }), 403, "M_FORBIDDEN");
        assert.ok(anna);
    });
    test("joining a room that is not there: 404", async () => {
        const anna = await register();
        const answer = await anna.ask("POST", `/join/${enc(`!nothing:${anna.server}`)}`, { body: {} });
        assert.ok([403, 404].includes(answer.status), `${answer.status}`);
    });
    test("knocking: asking to be let in, and being let in", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const room = await anna.createRoom({ initial_state: [{ type: "m.room.join_rules", content: { join_rule: "knock" } }] });
        assert.equal((await ben.post(`/knock/${enc(room)}`, { reason: "please" })).room_id, room);
        const knock = await state(anna, room, "m.room.member", ben.userId);
        assert.deepEqual([knock.membership, knock.reason], ["knock", "please"]);
        await anna.invite(room, ben);
        await ben.join(room);
    });
    test("restricted rooms let in who is in the other room", async () => {
        const { anna, ben, room: club } = await pair();
        const allow = [{ type: "m.room_membership", room_id: club }];
        const room = await anna.createRoom({ initial_state: [{ type: "m.room.join_rules", content: { join_rule: "restricted", allow } }] });
        await ben.join(room);
        const carl = await register();
        refused(await carl.ask("POST", `/join/${enc(room)}`, { body: {} }), 403, "M_FORBIDDEN");
    });
});

describe("asking about rooms", () => {
    test("the rooms that I am in", async () => {
        const { ben, room } = await pair();
        assert.deepEqual((await ben.get("/joined_rooms")).joined_rooms, [room]);
    });
    test("members, whole and filtered", async () => {
        const { anna, ben, room } = await pair();
        const { chunk } = await ben.get(`/rooms/${enc(room)}/members`);
        assert.deepEqual(chunk.map((event) => event.state_key).sort(), [anna.userId, ben.userId].sort());
        await ben.leave(room);
        const left = await anna.get(`/rooms/${enc(room)}/members`, { membership: "leave" });
        assert.deepEqual(left.chunk.map((event) => event.state_key), [ben.userId]);
        const here = await anna.get(`/rooms/${enc(room)}/members`, { not_membership: "leave" });
        assert.deepEqual(here.chunk.map((event) => event.state_key), [anna.userId]);
    });
    test("joined members with names", async () => {
        const { anna, ben, room } = await pair();
        await ben.put(`/profile/${enc(ben.userId)}/displayname`, { displayname: "Ben" });
        await eventually(async () => {
            const { joined } = await anna.get(`/rooms/${enc(room)}/joined_members`);
            assert.equal(joined[ben.userId].display_name, "Ben");
        });
        const carl = await register();
        refused(await carl.ask("GET", `/rooms/${enc(room)}/joined_members`), 403, "M_FORBIDDEN");
    });
    test("the aliases of a room can be added, listed and removed", async () => {
        const { anna, room } = await pair();
        const alias = `#${newName("al")}:${anna.server}`;
        await anna.put(`/directory/room/${enc(alias)}`, { room_id: room });
        assert.deepEqual((await anna.get(`/rooms/${enc(room)}/aliases`)).aliases, [alias]);
        refused(await anna.ask("PUT", `/directory/room/${enc(alias)}`, { body: { room_id: room } }), 409, "M_UNKNOWN");
        await anna.delete(`/directory/room/${enc(alias)}`);
        refused(await anna.ask("GET", `/directory/room/${enc(alias)}`), 404, "M_NOT_FOUND");
    });
    test("public rooms are found in the directory, others are not", async () => {
        const anna = await register();
        const name = newName("Public");
        const room = await anna.createRoom({ name, preset: "public_chat", visibility: "public" });
        await anna.createRoom({ name, preset: "private_chat" });
        const chunk = await eventually(async () => {
            const found = await anna.post("/publicRooms", { filter: { generic_search_term: name } });
            assert.deepEqual(found.chunk.map((entry) => entry.room_id), [room]);
            return found.chunk;
        });
        assert.deepEqual([chunk[0].name, chunk[0].num_joined_members, chunk[0].world_readable], [name, 1, false]);
        assert.equal((await request("GET", `/directory/list/room/${enc(room)}`)).json.visibility, "public");
    });
});
