// Unisono's own API: set-up, invitations, accounts; and how the web app is served.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { request as httpRequest } from "node:http";
import { PASSWORD, fine, refused, request } from "../matrix.mjs";
import { Home, skip } from "./server.mjs";

describe("a new server", { skip }, () => {
    const home = new Home();
    let server, admin, setupToken, invite;
    const own = (method, path, options = {}) => request(method, `/_unisono/v1${path}`, { base: server.base, ...options });
    before(async () => {
        server = await home.start([], { UNISONO_REGISTRATION: "invite" });
        setupToken = /\/setup#(\S+)/.exec(server.log())?.[1];
    });
    after(async () => {
        await server?.end("SIGKILL");
        home.remove();
    });

    test("says that it wants to be set up", async () => {
        const about = fine(await own("GET", "/server"));
        assert.deepEqual([about.server_name, about.needs_setup, about.registration], ["test.localhost", true, "invite"]);
        assert.equal(typeof about.version, "string");
    });
    test("does not let in who has no token", async () => {
        const body = { token: "wrong", username: "mallory", password: PASSWORD, display_name: "M", device_name: "d" };
        refused(await own("POST", "/setup", { body }), 403, "M_FORBIDDEN");
        const open = { username: "mallory", password: PASSWORD, auth: { type: "m.login.dummy" } };
        const answer = await request("POST", "/register", { base: server.base, body: open });
        assert.ok([401, 403].includes(answer.status), `${answer.status}`);
    });
    test("makes the first login from the printed link, with administrator's rights", async () => {
        const body = { token: setupToken, username: "anna", password: PASSWORD, display_name: "Anna", device_name: "Laptop" };
        admin = fine(await own("POST", "/setup", { body }));
        assert.equal(admin.user_id, "@anna:test.localhost");
        const token = admin.access_token;
        assert.deepEqual(fine(await own("GET", "/me", { token })), { user_id: admin.user_id, admin: true });
        const profile = fine(await request("GET", "/profile/@anna:test.localhost", { base: server.base, token }));
        assert.equal(profile.displayname, "Anna");
    });
    test("takes the link once", async () => {
        const body = { token: setupToken, username: "second", password: PASSWORD, display_name: "S", device_name: "d" };
        assert.equal((await own("POST", "/setup", { body })).status, 403);
        assert.equal(fine(await own("GET", "/server")).needs_setup, false);
    });
    test("gives invitations that let one person in", async () => {
        const token = admin.access_token;
        invite = fine(await own("POST", "/invites", { token, body: {} }));
        assert.match(invite.url, new RegExp(`/invite#${invite.token}$`));
        const from = fine(await own("GET", `/invites/${invite.token}`));
        assert.equal(from.inviter.user_id, admin.user_id);
        const valid = () => request("GET", "/_matrix/client/v1/register/m.login.registration_token/validity", { base: server.base, query: { token: invite.token } });
        assert.equal(fine(await valid()).valid, true);
        const register = (body) => request("POST", "/register", { base: server.base, body });
        const first = await register({ username: "ben", password: PASSWORD });
        assert.ok(first.json.flows.some((flow) => flow.stages.includes("m.login.registration_token")));
        const auth = { type: "m.login.registration_token", token: invite.token, session: first.json.session };
        const ben = fine(await register({ username: "ben", password: PASSWORD, auth }));
        assert.deepEqual(fine(await own("GET", "/me", { token: ben.access_token })), { user_id: "@ben:test.localhost", admin: false });
        assert.equal(fine(await valid()).valid, false);
        const again = await register({ username: "carl", password: PASSWORD });
        const refusal = await register({ username: "carl", password: PASSWORD, auth: { ...auth, session: again.json.session } });
        assert.equal(refusal.status, 401);
    });
    test("takes invitations back", async () => {
        const token = admin.access_token;
        const other = fine(await own("POST", "/invites", { token, body: {} }));
        const listed = fine(await own("GET", "/invites", { token }));
        assert.ok(JSON.stringify(listed).includes(other.token));
        const gone = await own("DELETE", `/invites/${other.token}`, { token });
        assert.ok([200, 204].includes(gone.status), `${gone.status}`);
        assert.equal((await own("GET", `/invites/${other.token}`)).status, 404);
    });
    test("lists its networks with names in both languages", async () => {
        const { channels } = fine(await own("GET", "/channels", { token: admin.access_token }));
        const email = channels.find((channel) => channel.id === "email");
        assert.ok(email.name.de && email.name.en && email.privacy.de && email.flows.length && email.capabilities);
    });
    test("guards its API as the Matrix one is guarded", async () => {
        for (const path of ["/me", "/channels", "/accounts", "/invites"]) {
            refused(await own("GET", path), 401, "M_MISSING_TOKEN");
            refused(await own("GET", path, { token: "nonsense" }), 401, "M_UNKNOWN_TOKEN");
        }
        refused(await own("GET", "/nothing", { token: admin.access_token }), 404, "M_UNRECOGNIZED");
    });
    test("leads through adding a mailbox, and says which field is wrong in both languages", async () => {
        const token = admin.access_token;
        assert.deepEqual(fine(await own("GET", "/accounts", { token })).accounts, []);
        const begun = fine(await own("POST", "/logins", { token, body: { channel: "email", flow: "manual" } }));
        assert.equal(begun.step.type, "fields");
        assert.ok(begun.step.fields.every((field) => field.label.de && field.label.en));
        const fields = { email: "no address", password: "x", imap_host: "127.0.0.1" };
        const wrong = await own("POST", `/logins/${begun.login_id}`, { token, body: { fields } });
        assert.equal(wrong.status, 400);
        assert.equal(wrong.json.field, "email");
        assert.ok(wrong.json.message.de && wrong.json.message.en && wrong.json.errcode);
        assert.ok([200, 204].includes((await own("DELETE", `/logins/${begun.login_id}`, { token })).status));
        assert.equal((await own("GET", `/logins/${begun.login_id}`, { token })).status, 404);
    });
    test("does not connect to the machine's own network on somebody's word", async () => {
        const token = admin.access_token;
        const begun = fine(await own("POST", "/logins", { token, body: { channel: "email", flow: "manual" } }));
        const port = new URL(server.base).port;
        const fields = {
            email: "anna@example.org", password: "x", imap_host: "127.0.0.1", imap_port: port, imap_security: "none",
            smtp_host: "127.0.0.1", smtp_port: port, smtp_security: "none",
        };
        assert.equal((await own("POST", `/logins/${begun.login_id}`, { token, body: { fields } })).status, 400);
    });
    test("of somebody else's logins and accounts nothing is to be seen", async () => {
        const token = admin.access_token;
        const begun = fine(await own("POST", "/logins", { token, body: { channel: "email", flow: "manual" } }));
        const invited = fine(await own("POST", "/invites", { token, body: {} }));
        const { json } = await request("POST", "/register", { base: server.base, body: { username: "eve", password: PASSWORD } });
        const auth = { type: "m.login.registration_token", token: invited.token, session: json.session };
        const eve = fine(await request("POST", "/register", { base: server.base, body: { username: "eve", password: PASSWORD, auth } }));
        const answer = await own("GET", `/logins/${begun.login_id}`, { token: eve.access_token });
        assert.equal(answer.status, 404);
        for (const [method, path] of [["DELETE", "/accounts/1"], ["POST", "/accounts/1/reconnect"]]) {
            assert.equal((await own(method, path, { token: eve.access_token, body: {} })).status, 404);
        }
    });
    test("describes its API", async () => {
        const described = fine(await own("GET", "/openapi.json"));
        assert.match(described.openapi, /^3\./);
        for (const path of ["/server", "/setup", "/invites", "/channels", "/accounts", "/logins"]) {
            assert.ok(Object.keys(described.paths).some((key) => key.endsWith(path)), path);
        }
    });
});

describe("the web app", { skip }, () => {
    const home = new Home();
    let server;
    before(async () => void (server = await home.start()));
    after(async () => {
        await server.end("SIGKILL");
        home.remove();
    });
    /** Without fetch, which would unpack what came. */
    const get = (path, headers = {}) =>
        new Promise((resolve, reject) => {
            const asked = httpRequest(server.base + path, { headers }, async (answer) => {
                resolve({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(await answer.toArray()) });
            });
            asked.on("error", reject).end();
        });

    test("is a page that may load nothing from elsewhere", async () => {
        const page = await get("/");
        assert.equal(page.status, 200);
        assert.match(page.headers["content-type"], /text\/html/);
        const policy = page.headers["content-security-policy"];
        assert.match(policy, /default-src '(self|none)'/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.match(policy, /object-src 'none'|default-src 'none'/);
        assert.doesNotMatch(policy.match(/script-src[^;]*/)?.[0] ?? "", /'unsafe-inline'|'unsafe-eval'/);
        assert.equal(page.headers["x-content-type-options"], "nosniff");
        assert.ok(page.headers["referrer-policy"]);
    });
    test("is asked for anew each time, its parts never again", async () => {
        const page = await get("/");
        assert.match(page.headers["cache-control"] ?? "", /no-cache|max-age=0/);
        const part = /\/assets\/[^"]+\.js/.exec(page.bytes.toString())[0];
        const script = await get(part);
        assert.equal(script.status, 200);
        assert.match(script.headers["cache-control"], /immutable/);
        const known = await get("/", { "If-None-Match": page.headers.etag });
        assert.equal(known.status, 304);
    });
    test("comes compressed", async () => {
        const page = await get("/");
        const part = /\/assets\/[^"]+\.js/.exec(page.bytes.toString())[0];
        const packed = await get(part, { "Accept-Encoding": "br, gzip" });
        assert.equal(packed.headers["content-encoding"], "br");
        const plain = await get(part);
        assert.ok(brotliDecompressSync(packed.bytes).equals(plain.bytes));
        assert.match(packed.headers.vary ?? "", /accept-encoding/i);
    });
    test("answers on its own paths, and with 404 on files that are not there", async () => {
        for (const path of ["/setup", "/invite", "/login"]) assert.equal((await get(path)).status, 200, path);
        assert.equal((await get("/assets/none.js")).status, 404);
    });
});
