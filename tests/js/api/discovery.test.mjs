// What a client asks before anybody is logged in, and how requests that make no sense are refused.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { enc, fine, newName, refused, register, request } from "../matrix.mjs";

describe("discovery", () => {
    test("versions name one that today's clients want", async () => {
        const { versions } = fine(await request("GET", "/_matrix/client/versions"));
        assert.ok(versions.includes("v1.11"), `${versions}`);
    });

    test("the login flows hold the password", async () => {
        const { flows } = fine(await request("GET", "/login"));
        assert.ok(flows.some((flow) => flow.type === "m.login.password"));
    });

    test("capabilities name the room versions", async () => {
        const anna = await register();
        const { capabilities } = await anna.get("/capabilities");
        const rooms = capabilities["m.room_versions"];
        assert.ok(["11", "12"].includes(rooms.default), rooms.default);
        assert.equal(rooms.available["11"], "stable");
        assert.equal(rooms.available["12"], "stable");
        assert.equal(capabilities["m.change_password"]?.enabled, true);
    });

    test("pages of other origins may call the API", async () => {
        const asked = await request("OPTIONS", "/sync", {
            headers: {
                Origin: "https://app.example.org",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization",
            },
        });
        assert.ok(asked.status === 200 || asked.status === 204, `${asked.status}`);
        assert.equal(asked.headers.get("access-control-allow-origin"), "*");
        assert.match(asked.headers.get("access-control-allow-headers"), /authorization/i);
        assert.match(asked.headers.get("access-control-allow-methods"), /PUT/);
    });
    test("an error, too, may be read by other origins", async () => {
        const answer = await request("GET", "/sync", { headers: { Origin: "https://app.example.org" } });
        assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    });
});

describe("requests that make no sense", () => {
    let anna, room;
    before(async () => {
        anna = await register();
        room = await anna.createRoom();
    });

    test("an unknown path: 404 M_UNRECOGNIZED", async () => {
        refused(await request("GET", "/no/such/thing"), 404, "M_UNRECOGNIZED");
        refused(await request("POST", "/_matrix/nothing"), 404, "M_UNRECOGNIZED");
    });
    test("an unknown method on a known path: 405 M_UNRECOGNIZED", async () => {
        refused(await request("DELETE", "/login"), 405, "M_UNRECOGNIZED");
        refused(await anna.ask("PATCH", "/sync"), 405, "M_UNRECOGNIZED");
    });

    const guarded = [
        ["GET", "/sync"], ["GET", "/account/whoami"], ["POST", "/createRoom"], ["GET", "/joined_rooms"],
        ["GET", "/devices"], ["POST", "/logout"], ["POST", "/keys/upload"], ["POST", "/keys/query"],
        ["GET", "/pushrules/"], ["GET", "/rooms/!a:b/messages"], ["PUT", "/rooms/!a:b/send/m.room.message/1"],
        ["POST", "/_matrix/media/v3/upload"], ["GET", "/_matrix/client/v1/media/config"],
        ["POST", "/user_directory/search"], ["GET", "/room_keys/version"], ["PUT", "/sendToDevice/m.test/1"],
    ];
    for (const [method, path] of guarded) {
        const body = method === "GET" ? undefined : {};
        test(`${method} ${path} without a token: 401 M_MISSING_TOKEN`, async () => {
            refused(await request(method, path, { body }), 401, "M_MISSING_TOKEN");
        });
        test(`${method} ${path} with a wrong token: 401 M_UNKNOWN_TOKEN`, async () => {
            refused(await request(method, path, { body, token: "nonsense" }), 401, "M_UNKNOWN_TOKEN");
        });
    }

    test("a token in the query counts as well", async () => {
        fine(await request("GET", "/account/whoami", { query: { access_token: anna.token } }));
    });

    const bodies = [
        ["POST", "/login"], ["POST", "/register"], ["POST", "/createRoom"],
        ["PUT", "/rooms/ROOM/send/m.room.message/1"], ["PUT", "/rooms/ROOM/state/m.room.topic"],
        ["POST", "/rooms/ROOM/invite"],
        ["POST", "/keys/query"],
    ];
    for (const [method, path] of bodies) {
        test(`${method} ${path}: what is no JSON is M_NOT_JSON`, async () => {
            const options = { raw: '{"a": ', headers: { "Content-Type": "application/json" } };
            refused(await anna.ask(method, path.replace("ROOM", enc(room)), options), 400, "M_NOT_JSON");
        });
    }
    const shapes = [
        ["POST", "/login", { type: 5 }], ["POST", "/createRoom", { invite: "everybody" }],
        ["POST", "/keys/query", { device_keys: [] }],
    ];
    for (const [method, path, body] of shapes) {
        test(`${method} ${path} with a wrong type inside: M_BAD_JSON`, async () => {
            const answer = await anna.ask(method, path, { body });
            assert.equal(answer.status, 400);
            assert.ok(["M_BAD_JSON", "M_UNKNOWN", "M_INVALID_PARAM", "M_MISSING_PARAM"].includes(answer.json.errcode), answer.json.errcode);
        });
    }
    test("a body that is an array where an object is wanted: M_BAD_JSON", async () => {
        const answer = await anna.ask("PUT", `/rooms/${enc(room)}/send/m.room.message/${newName()}`, { body: [] });
        refused(answer, 400, "M_BAD_JSON");
    });
});
