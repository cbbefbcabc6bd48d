// Keys of devices and people, as the server keeps and hands them out. It understands none of them.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { before, describe, test } from "node:test";
import { fine, login, newName, pair, refused, register, withPassword } from "../matrix.mjs";

const deviceKeys = (person, extra = {}) => ({
    user_id: person.userId,
    device_id: person.deviceId,
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    keys: { [`curve25519:${person.deviceId}`]: "curve", [`ed25519:${person.deviceId}`]: "ed" },
    signatures: { [person.userId]: { [`ed25519:${person.deviceId}`]: "signature" } },
    ...extra,
});
const oneTime = (name) => ({ [`signed_curve25519:${name}`]: { key: name, signatures: {} } });

describe("device keys", () => {
    test("are uploaded and asked for, with the device's name", async () => {
        const { anna, ben } = await pair();
        await anna.put(`/devices/${anna.deviceId}`, { display_name: "Laptop" });
        await anna.post("/keys/upload", { device_keys: deviceKeys(anna) });
        const { device_keys: keys, failures } = await ben.post("/keys/query", { device_keys: { [anna.userId]: [] } });
        const mine = keys[anna.userId][anna.deviceId];
        assert.deepEqual(mine.keys, deviceKeys(anna).keys);
        assert.deepEqual(mine.signatures, deviceKeys(anna).signatures);
        assert.deepEqual(failures ?? {}, {});
    });
    test("of another device than the one that is logged in: 400", async () => {
        const anna = await register();
        const answer = await anna.ask("POST", "/keys/upload", { body: { device_keys: deviceKeys(anna, { device_id: "OTHER" }) } });
        assert.ok([400, 403].includes(answer.status), `${answer.status}`);
    });
    test("a new device of somebody in my rooms is told by sync and by /keys/changes", async () => {
        const { anna, ben } = await pair();
        await anna.post("/keys/upload", { device_keys: deviceKeys(anna) });
        const { next_batch: since } = await ben.sync();
        const phone = await login(anna);
        await phone.post("/keys/upload", { device_keys: deviceKeys(phone) });
        const { since: now } = await ben.syncUntil((answer) => answer.device_lists?.changed?.includes(anna.userId), { since });
        const { changed } = await ben.get("/keys/changes", { from: since, to: now });
        assert.ok(changed.includes(anna.userId));
    });
    test("who no longer shares a room with me is told as left", async () => {
        const { anna, ben, room } = await pair();
        const { next_batch: since } = await ben.sync();
        await anna.leave(room);
        await ben.syncUntil((answer) => answer.device_lists?.left?.includes(anna.userId), { since });
    });
    test("who comes into a room of mine is told as changed", async () => {
        const { anna, room } = await pair();
        const carl = await register();
        await carl.post("/keys/upload", { device_keys: deviceKeys(carl) });
        const { next_batch: since } = await anna.sync();
        await anna.invite(room, carl);
        await carl.join(room);
        await anna.syncUntil((answer) => answer.device_lists?.changed?.includes(carl.userId), { since });
    });
    test("of strangers do not come by sync", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const { next_batch: since } = await ben.sync();
        await anna.post("/keys/upload", { device_keys: deviceKeys(anna) });
        const answer = await ben.sync({ since, timeout: 100 });
        assert.ok(!answer.device_lists?.changed?.includes(anna.userId));
    });
    test("go when the device goes", async () => {
        const { anna, ben } = await pair();
        const phone = await login(anna);
        await phone.post("/keys/upload", { device_keys: deviceKeys(phone) });
        await phone.post("/logout");
        const { device_keys: keys } = await ben.post("/keys/query", { device_keys: { [anna.userId]: [] } });
        assert.equal(keys[anna.userId]?.[phone.deviceId], undefined);
    });
});

describe("one-time keys", () => {
    test("are counted, and each is given out once", async () => {
        const { anna, ben } = await pair();
        const names = Array.from({ length: 5 }, () => newName("k"));
        const { one_time_key_counts: counts } = await anna.post("/keys/upload", {
            one_time_keys: Object.assign({}, ...names.map(oneTime)),
        });
        assert.equal(counts.signed_curve25519, 5);
        const claim = async () => {
            const wish = { [anna.userId]: { [anna.deviceId]: "signed_curve25519" } };
            const { one_time_keys: keys } = await ben.post("/keys/claim", { one_time_keys: wish });
            return Object.values(keys[anna.userId]?.[anna.deviceId] ?? {})[0]?.key;
        };
        const got = await Promise.all(names.map(claim));
        assert.deepEqual([...got].sort(), [...names].sort());
        assert.equal(await claim(), undefined);
        const { device_one_time_keys_count: left } = await anna.sync();
        assert.equal(left.signed_curve25519 ?? 0, 0);
    });
    test("the same key again is accepted, another one under its name is not", async () => {
        const anna = await register();
        await anna.post("/keys/upload", { one_time_keys: oneTime("AAAA") });
        const again = await anna.post("/keys/upload", { one_time_keys: oneTime("AAAA") });
        assert.equal(again.one_time_key_counts.signed_curve25519, 1);
        const other = { "signed_curve25519:AAAA": { key: "different", signatures: {} } };
        assert.equal((await anna.ask("POST", "/keys/upload", { body: { one_time_keys: other } })).status, 400);
    });
    test("a fallback key is given out again and again when there is no other", async () => {
        const { anna, ben } = await pair();
        await anna.post("/keys/upload", { fallback_keys: { "signed_curve25519:FB": { key: "fb", fallback: true, signatures: {} } } });
        assert.deepEqual((await anna.sync()).device_unused_fallback_key_types, ["signed_curve25519"]);
        const claim = () => ben.post("/keys/claim", { one_time_keys: { [anna.userId]: { [anna.deviceId]: "signed_curve25519" } } });
        for (let n = 0; n < 2; n += 1) {
            const { one_time_keys: keys } = await claim();
            assert.equal(keys[anna.userId][anna.deviceId]["signed_curve25519:FB"].key, "fb");
        }
        assert.deepEqual((await anna.sync()).device_unused_fallback_key_types, []);
    });
});

describe("cross-signing keys", () => {
    /** What the specification calls canonical: keys in order, no spaces. */
    const canonical = (value) =>
        value && typeof value === "object" && !Array.isArray(value)
            ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
            : Array.isArray(value) ? `[${value.map(canonical).join()}]` : JSON.stringify(value);
    const unpadded = (bytes) => bytes.toString("base64").replaceAll("=", "");

    /** A key pair and the object that publishes it, signed by another pair if one is given. */
    function make(person, usage, by) {
        const { privateKey, publicKey } = generateKeyPairSync("ed25519");
        const name = unpadded(publicKey.export({ type: "spki", format: "der" }).subarray(-32));
        const object = { user_id: person.userId, usage: [usage], keys: { [`ed25519:${name}`]: name } };
        if (by) {
            const signature = unpadded(sign(null, Buffer.from(canonical(object)), by.privateKey));
            object.signatures = { [person.userId]: { [`ed25519:${by.name}`]: signature } };
        }
        return { privateKey, name, object };
    }
    function three(person) {
        const master = make(person, "master");
        return {
            master_key: master.object,
            self_signing_key: make(person, "self_signing", master).object,
            user_signing_key: make(person, "user_signing", master).object,
        };
    }

    test("others see the master and the self-signing key, only I the user-signing key", async () => {
        const { anna, ben } = await pair();
        const keys = three(anna);
        fine(await withPassword(anna, "POST", "/keys/device_signing/upload", keys));
        const ask = (who) => who.post("/keys/query", { device_keys: { [anna.userId]: [] } });
        const mine = await ask(anna);
        assert.ok(mine.master_keys[anna.userId] && mine.self_signing_keys[anna.userId] && mine.user_signing_keys[anna.userId]);
        const his = await ask(ben);
        assert.deepEqual(his.master_keys[anna.userId].keys, keys.master_key.keys);
        assert.ok(his.self_signing_keys[anna.userId]);
        assert.equal(his.user_signing_keys?.[anna.userId], undefined);
    });
    test("replacing them asks for the password; the same again does not", async () => {
        const anna = await register();
        const keys = three(anna);
        fine(await withPassword(anna, "POST", "/keys/device_signing/upload", keys));
        fine(await anna.ask("POST", "/keys/device_signing/upload", { body: keys }));
        const answer = await anna.ask("POST", "/keys/device_signing/upload", { body: three(anna) });
        assert.equal(answer.status, 401);
        assert.ok(answer.json.flows.length);
    });
    test("are told to those who share a room", async () => {
        const { anna, ben } = await pair();
        const { next_batch: since } = await ben.sync();
        fine(await withPassword(anna, "POST", "/keys/device_signing/upload", three(anna)));
        await ben.syncUntil((answer) => answer.device_lists?.changed?.includes(anna.userId), { since });
    });
});

describe("key backup", () => {
    let anna, version;
    const body = { algorithm: "m.megolm_backup.v1.curve25519-aes-sha2", auth_data: { public_key: "abc", signatures: {} } };
    const session = (n, more = {}) => ({ first_message_index: n, forwarded_count: 0, is_verified: false, session_data: { n }, ...more });
    before(async () => {
        anna = await register();
        refused(await anna.ask("GET", "/room_keys/version"), 404, "M_NOT_FOUND");
        ({ version } = await anna.post("/room_keys/version", body));
    });
    const keys = (path = "") => `/room_keys/keys${path}`;

    test("knows its version", async () => {
        const info = await anna.get("/room_keys/version");
        assert.deepEqual([info.version, info.algorithm, info.auth_data, info.count], [version, body.algorithm, body.auth_data, 0]);
        assert.equal((await anna.get(`/room_keys/version/${version}`)).version, version);
        refused(await anna.ask("GET", "/room_keys/version/9999"), 404, "M_NOT_FOUND");
    });
    test("keeps keys: one, those of a room, all", async () => {
        const before = (await anna.get("/room_keys/version")).etag;
        const one = await anna.put(keys("/!a:b/S1"), session(5), { version });
        assert.equal(one.count, 1);
        assert.notEqual(one.etag, before);
        await anna.put(keys("/!a:b"), { sessions: { S2: session(0) } }, { version });
        const all = await anna.put(keys(), { rooms: { "!c:d": { sessions: { S3: session(0) } } } }, { version });
        assert.equal(all.count, 3);
        assert.equal((await anna.get(keys("/!a:b/S1"), { version })).first_message_index, 5);
        assert.deepEqual(Object.keys((await anna.get(keys("/!a:b"), { version })).sessions).sort(), ["S1", "S2"]);
        assert.deepEqual(Object.keys((await anna.get(keys(), { version })).rooms).sort(), ["!a:b", "!c:d"]);
        refused(await anna.ask("GET", keys("/!a:b/NONE"), { query: { version } }), 404, "M_NOT_FOUND");
        assert.deepEqual(await anna.get(keys("/!none:b"), { version }), { sessions: {} });
    });
    test("a better key replaces a worse one, never the other way round", async () => {
        const at = keys("/!r:s/S");
        await anna.put(at, session(5), { version });
        await anna.put(at, session(9), { version });
        assert.equal((await anna.get(at, { version })).first_message_index, 5);
        await anna.put(at, session(2), { version });
        assert.equal((await anna.get(at, { version })).first_message_index, 2);
        await anna.put(at, session(7, { is_verified: true }), { version });
        assert.equal((await anna.get(at, { version })).is_verified, true);
    });
    test("an old version takes no keys: 403 M_WRONG_ROOM_KEYS_VERSION", async () => {
        const next = (await anna.post("/room_keys/version", body)).version;
        const answer = await anna.ask("PUT", keys("/!a:b/S1"), { body: session(0), query: { version } });
        await anna.delete(`/room_keys/version/${next}`);
        assert.equal(refused(answer, 403, "M_WRONG_ROOM_KEYS_VERSION").current_version, next);
        assert.equal((await anna.get("/room_keys/version")).version, version);
    });
    test("keys can be deleted", async () => {
        await anna.put(keys("/!x:y/S"), session(0), { version });
        fine(await anna.ask("DELETE", keys("/!x:y/S"), { query: { version } }));
        refused(await anna.ask("GET", keys("/!x:y/S"), { query: { version } }), 404, "M_NOT_FOUND");
    });
    test("what the backup says about itself can be changed", async () => {
        await anna.put(`/room_keys/version/${version}`, { ...body, version, auth_data: { public_key: "abc", signatures: { a: {} } } });
        assert.deepEqual((await anna.get("/room_keys/version")).auth_data.signatures, { a: {} });
        const other = await anna.ask("PUT", `/room_keys/version/${version}`, { body: { ...body, algorithm: "other" } });
        assert.equal(other.status, 400);
    });
    test("others have their own", async () => {
        const ben = await register();
        refused(await ben.ask("GET", keys("/!a:b/S1"), { query: { version } }), 404, "M_NOT_FOUND");
    });
});
