// Accounts: registering, logging in and out, tokens, devices, passwords, profiles.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
    PASSWORD, Person, enc, eventually, fine, login, newName, pair, refused, register, request, withPassword,
} from "../matrix.mjs";

const REGISTER = (body) => request("POST", "/register", { body });
const dummy = { type: "m.login.dummy" };

describe("registering", () => {
    test("asks for authentication first: 401 with flows and a session", async () => {
        const answer = await REGISTER({ username: newName(), password: PASSWORD });
        assert.equal(answer.status, 401);
        assert.equal(typeof answer.json.session, "string");
        assert.ok(Array.isArray(answer.json.flows[0].stages));
    });
    test("goes on with the session of the first answer", async () => {
        const username = newName();
        const { json } = await REGISTER({ username, password: PASSWORD });
        const done = fine(await REGISTER({ username, password: PASSWORD, auth: { ...dummy, session: json.session } }));
        assert.equal(done.user_id.split(":")[0], `@${username}`);
        assert.ok(done.access_token && done.device_id);
    });
    test("a name may be chosen by the server", async () => {
        const done = fine(await REGISTER({ password: PASSWORD, auth: dummy }));
        assert.match(done.user_id, /^@.+:.+$/);
    });
    test("without a login when none is wanted", async () => {
        const done = fine(await REGISTER({ username: newName(), password: PASSWORD, auth: dummy, inhibit_login: true }));
        assert.equal(done.access_token ?? undefined, undefined);
        assert.equal(done.device_id ?? undefined, undefined);
        assert.match(done.user_id, /^@/);
    });
    test("a name that is taken: M_USER_IN_USE, also before the authentication", async () => {
        const anna = await register();
        refused(await REGISTER({ username: anna.localpart, password: PASSWORD, auth: dummy }), 400, "M_USER_IN_USE");
        refused(await REGISTER({ username: anna.localpart, password: PASSWORD }), 400, "M_USER_IN_USE");
    });
    for (const username of ["has space", "ümlaut", "a:b", "x".repeat(300)]) {
        test(`the name "${username.slice(0, 12)}": M_INVALID_USERNAME`, async () => {
            refused(await REGISTER({ username, password: PASSWORD, auth: dummy }), 400, "M_INVALID_USERNAME");
        });
    }
    test("whether a name is free can be asked", async () => {
        const anna = await register();
        const ask = (username) => request("GET", "/register/available", { query: { username } });
        assert.deepEqual(fine(await ask(newName())), { available: true });
        refused(await ask(anna.localpart), 400, "M_USER_IN_USE");
        refused(await ask("has space"), 400, "M_INVALID_USERNAME");
    });
    test("the chosen device id and name are kept", async () => {
        const anna = await register({ device_id: "MYDEVICE", initial_device_display_name: "Phone" });
        assert.equal(anna.deviceId, "MYDEVICE");
        assert.equal((await anna.get("/devices/MYDEVICE")).display_name, "Phone");
    });
    test("guests are not let in", async () => {
        const answer = await request("POST", "/register", { query: { kind: "guest" }, body: {} });
        assert.equal(answer.status, 403);
    });
});

describe("logging in", () => {
    let anna;
    before(async () => void (anna = await register()));
    const LOGIN = (body) => request("POST", "/login", { body: { type: "m.login.password", ...body } });
    const user = (name) => ({ type: "m.id.user", user: name });

    test("by local part, by whole id, and by the old field", async () => {
        fine(await LOGIN({ identifier: user(anna.localpart), password: PASSWORD }));
        fine(await LOGIN({ identifier: user(anna.userId), password: PASSWORD }));
        fine(await LOGIN({ user: anna.localpart, password: PASSWORD }));
    });
    test("a wrong password and an unknown person look alike: 403 M_FORBIDDEN", async () => {
        const one = refused(await LOGIN({ identifier: user(anna.localpart), password: "wrong" }), 403, "M_FORBIDDEN");
        const two = refused(await LOGIN({ identifier: user(newName()), password: "wrong" }), 403, "M_FORBIDDEN");
        assert.equal(one.error, two.error);
    });
    test("an unknown way: 400", async () => {
        const answer = await request("POST", "/login", { body: { type: "m.login.telepathy" } });
        assert.equal(answer.status, 400);
        assert.ok(["M_UNKNOWN", "M_INVALID_PARAM"].includes(answer.json.errcode), answer.json.errcode);
    });
    test("the same device id again ends the earlier login of that device", async () => {
        const first = await login(anna, { device_id: "TABLET" });
        const second = await login(anna, { device_id: "TABLET" });
        refused(await first.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
        const me = await second.get("/account/whoami");
        assert.deepEqual([me.user_id, me.device_id], [anna.userId, "TABLET"]);
    });
    test("logging out ends the token and its device, and only those", async () => {
        const other = await login(anna);
        await other.post("/logout");
        const { soft_logout } = refused(await other.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
        assert.notEqual(soft_logout, true);
        refused(await anna.ask("GET", `/devices/${other.deviceId}`), 404, "M_NOT_FOUND");
    });
    test("logging out everywhere ends all tokens", async () => {
        const ben = await register();
        const other = await login(ben);
        await ben.post("/logout/all");
        refused(await ben.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
        refused(await other.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
    });
});

describe("refresh tokens", () => {
    const refresh = (token) => request("POST", "/refresh", { body: { refresh_token: token } });

    test("are given when asked for, and give a new token", async () => {
        const anna = await login(await register(), { refresh_token: true });
        assert.ok(anna.refreshToken);
        const next = fine(await refresh(anna.refreshToken));
        assert.notEqual(next.access_token, anna.token);
        const me = await new Person({ ...next, user_id: anna.userId }).get("/account/whoami");
        assert.equal(me.device_id, anna.deviceId);
    });
    test("end when the new one was used", async () => {
        const anna = await login(await register(), { refresh_token: true });
        const next = fine(await refresh(anna.refreshToken));
        fine(await request("GET", "/account/whoami", { token: next.access_token }));
        assert.equal((await refresh(anna.refreshToken)).status >= 400, true);
    });
    test("an unknown one: 401 M_UNKNOWN_TOKEN", async () => {
        refused(await refresh("nonsense"), 401, "M_UNKNOWN_TOKEN");
    });
    test("are not given unasked", async () => {
        assert.equal((await login(await register())).refreshToken, undefined);
    });
});

describe("devices", () => {
    let anna, phone;
    before(async () => {
        anna = await register();
        phone = await login(anna, { device_id: "PHONE", initial_device_display_name: "Phone" });
    });

    test("are listed with names and when they were seen", async () => {
        const { devices } = await anna.get("/devices");
        assert.deepEqual(devices.map((device) => device.device_id).sort(), [anna.deviceId, "PHONE"].sort());
        assert.equal(devices.find((device) => device.device_id === "PHONE").display_name, "Phone");
    });
    test("can be renamed", async () => {
        await anna.put("/devices/PHONE", { display_name: "Old phone" });
        assert.equal((await anna.get("/devices/PHONE")).display_name, "Old phone");
    });
    test("an unknown one: 404 M_NOT_FOUND", async () => {
        refused(await anna.ask("GET", "/devices/NONE"), 404, "M_NOT_FOUND");
        refused(await anna.ask("PUT", "/devices/NONE", { body: { display_name: "a" } }), 404, "M_NOT_FOUND");
    });
    test("deleting asks for the password and ends the device's login", async () => {
        const spare = await login(anna, { device_id: "SPARE" });
        const first = await anna.ask("DELETE", "/devices/SPARE", { body: {} });
        assert.equal(first.status, 401);
        assert.ok(first.json.flows.some((flow) => flow.stages.includes("m.login.password")));
        const wrong = { type: "m.login.password", identifier: { type: "m.id.user", user: anna.userId }, password: "no", session: first.json.session };
        const refusal = await anna.ask("DELETE", "/devices/SPARE", { body: { auth: wrong } });
        assert.deepEqual([refusal.status, refusal.json.errcode], [401, "M_FORBIDDEN"]);
        assert.ok(refusal.json.session, "one may try again");
        fine(await withPassword(anna, "DELETE", "/devices/SPARE"));
        refused(await spare.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
    });
    test("several at once", async () => {
        await login(anna, { device_id: "ONE" });
        await login(anna, { device_id: "TWO" });
        fine(await withPassword(anna, "POST", "/delete_devices", { devices: ["ONE", "TWO"] }));
        const { devices } = await anna.get("/devices");
        assert.equal(devices.some((device) => ["ONE", "TWO"].includes(device.device_id)), false);
    });
    test("of others are not to be seen", async () => {
        const ben = await register();
        refused(await ben.ask("GET", "/devices/PHONE"), 404, "M_NOT_FOUND");
        assert.ok(phone.token);
    });
});

describe("passwords and the end of an account", () => {
    test("a changed password ends the other logins and keeps this one", async () => {
        const anna = await register();
        const other = await login(anna);
        fine(await withPassword(anna, "POST", "/account/password", { new_password: "another long password 7!" }));
        fine(await anna.ask("GET", "/account/whoami"));
        refused(await other.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
        const body = { type: "m.login.password", identifier: { type: "m.id.user", user: anna.userId }, password: PASSWORD };
        refused(await request("POST", "/login", { body }), 403, "M_FORBIDDEN");
        fine(await request("POST", "/login", { body: { ...body, password: "another long password 7!" } }));
    });
    test("the other logins stay when wished", async () => {
        const anna = await register();
        const other = await login(anna);
        fine(await withPassword(anna, "POST", "/account/password", { new_password: "another long password 7!", logout_devices: false }));
        fine(await other.ask("GET", "/account/whoami"));
    });
    test("a deactivated account cannot log in, has left its rooms, and its name stays taken", async () => {
        const { anna, ben, room } = await pair();
        fine(await withPassword(ben, "POST", "/account/deactivate"));
        refused(await ben.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
        const body = { type: "m.login.password", identifier: { type: "m.id.user", user: ben.localpart }, password: PASSWORD };
        const answer = await request("POST", "/login", { body });
        assert.equal(answer.status, 403);
        assert.ok(["M_FORBIDDEN", "M_USER_DEACTIVATED"].includes(answer.json.errcode));
        refused(await REGISTER({ username: ben.localpart, password: PASSWORD, auth: dummy }), 400, "M_USER_IN_USE");
        await anna.syncUntil((sync) => {
            const { timeline, state } = sync.rooms?.join?.[room] ?? {};
            return [...(timeline?.events ?? []), ...(state?.events ?? [])].some(
                (event) => event.type === "m.room.member" && event.state_key === ben.userId && event.content.membership === "leave",
            );
        });
    });
});

describe("profiles", () => {
    test("hold a name and a picture, for everybody to see", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        await anna.put(`/profile/${enc(anna.userId)}/displayname`, { displayname: "Anna 🌻" });
        await anna.put(`/profile/${enc(anna.userId)}/avatar_url`, { avatar_url: "mxc://example.org/abc" });
        const profile = await ben.get(`/profile/${enc(anna.userId)}`);
        assert.deepEqual([profile.displayname, profile.avatar_url], ["Anna 🌻", "mxc://example.org/abc"]);
        assert.deepEqual(await ben.get(`/profile/${enc(anna.userId)}/displayname`), { displayname: "Anna 🌻" });
    });
    test("an unset picture is 200 {}", async () => {
        const anna = await register();
        const answer = await anna.ask("GET", `/profile/${enc(anna.userId)}/avatar_url`);
        assert.equal(answer.status, 200);
        assert.equal(answer.json.avatar_url ?? undefined, undefined);
    });
    test("an unknown person: 404 M_NOT_FOUND", async () => {
        const anna = await register();
        refused(await anna.ask("GET", `/profile/${enc("@nobody-at-all:" + anna.server)}`), 404, "M_NOT_FOUND");
    });
    test("of others cannot be changed: 403 M_FORBIDDEN", async () => {
        const [anna, ben] = await Promise.all([register(), register()]);
        const path = `/profile/${enc(anna.userId)}/displayname`;
        const answer = await ben.ask("PUT", path, { body: { displayname: "Mallory" } });
        assert.ok([400, 403].includes(answer.status), `${answer.status}`);
    });
    test("a new name appears in the member events of all rooms", async () => {
        const { anna, ben, room } = await pair();
        const { since } = await ben.syncUntil(() => true);
        await anna.put(`/profile/${enc(anna.userId)}/displayname`, { displayname: "Doctor Anna" });
        await ben.syncUntil(
            (sync) => sync.rooms?.join?.[room]?.timeline.events.find(
                (event) => event.type === "m.room.member" && event.content.displayname === "Doctor Anna" && event.content.membership === "join",
            ),
            { since },
        );
    });
    test("people are found by name and by id", async () => {
        const { anna, ben } = await pair();
        const name = newName("Rumpelstilz");
        await anna.put(`/profile/${enc(anna.userId)}/displayname`, { displayname: name });
        const search = async (term) => (await ben.post("/user_directory/search", { search_term: term })).results;
        const wanted = [[anna.userId, name]];
        await eventually(async () => {
            const found = await search(name.toLowerCase());
            assert.deepEqual(found.map((one) => [one.user_id, one.display_name]), wanted);
        });
        assert.ok((await search(anna.localpart)).some((one) => one.user_id === anna.userId));
    });
});
