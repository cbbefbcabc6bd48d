// The contract for scripts, and what survives a server that is killed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { existsSync } from "node:fs";
import { enc, fine, PASSWORD, request } from "../matrix.mjs";
import { Home, skip } from "./server.mjs";

const register = async (base, username) => {
    const body = { username, password: PASSWORD, auth: { type: "m.login.dummy" } };
    return fine(await request("POST", "/register", { base, body }));
};
const send = (base, token, room, txn) =>
    request("PUT", `/rooms/${enc(room)}/send/m.room.message/${txn}`, { base, token, body: { msgtype: "m.text", body: txn } });

describe("starting and stopping", { skip }, () => {
    const home = new Home();
    after(() => home.remove());

    test("it prints its address, and a set-up link as long as nobody has a login", async () => {
        const server = await home.start();
        assert.match(server.log(), new RegExp(server.base));
        assert.match(server.log(), /\/setup#\S+/);
        assert.equal(await server.end("SIGTERM"), 0);
    });
    test("everything is in its folder", () => assert.ok(existsSync(home.data)));
    test("SIGTERM ends it while clients wait for news", async () => {
        const server = await home.start();
        const { access_token: token } = await register(server.base, "waiting");
        const { next_batch: since } = fine(await request("GET", "/sync", { base: server.base, token }));
        const waiting = request("GET", "/sync", { base: server.base, token, query: { since, timeout: 30_000 } }).catch(() => "cut");
        await new Promise((resolve) => setTimeout(resolve, 200));
        const start = Date.now();
        assert.equal(await server.end("SIGTERM"), 0);
        assert.ok(Date.now() - start < 10_000, `${Date.now() - start} ms`);
        await waiting;
    });
    test("an unknown key in the configuration is an error that names it", async () => {
        const config = home.config('server_nam = "example.org"\n');
        const checked = await home.command(["check-config", "--config", config]);
        assert.notEqual(checked.code, 0);
        assert.match(checked.out + checked.err, /server_nam/);
        const started = await home.command(["serve", "--config", config, "--data-dir", home.data, "--listen", "127.0.0.1:0"]);
        assert.notEqual(started.code, 0);
        assert.match(started.out + started.err, /server_nam/);
    });
    test("another server name on the same data is refused", async () => {
        const args = ["serve", "--data-dir", home.data, "--listen", "127.0.0.1:0", "--server-name", "other.example"];
        const { code, out, err } = await home.command(args);
        assert.notEqual(code, 0);
        assert.match(out + err, /test\.localhost/);
    });
    test("figures for Prometheus", async () => {
        const server = await home.start();
        fine(await request("GET", "/_matrix/client/versions", { base: server.base }));
        const answer = await request("GET", "/metrics", { base: server.base });
        assert.equal(answer.status, 200);
        assert.match(answer.bytes.toString(), /^# TYPE /m);
        await server.end("SIGTERM");
    });
});

describe("kill -9", { skip }, () => {
    const home = new Home();
    let people, room, server, since;
    const acknowledged = [];
    before(async () => {
        server = await home.start();
        people = await Promise.all(["anna", "ben", "carl", "dora"].map((name) => register(server.base, name)));
        const asked = { base: server.base, token: people[0].access_token };
        room = fine(await request("POST", "/createRoom", { ...asked, body: { preset: "public_chat" } })).room_id;
        for (const { access_token: token } of people.slice(1)) {
            fine(await request("POST", `/join/${enc(room)}`, { base: server.base, token, body: {} }));
        }
        since = fine(await request("GET", "/sync", asked)).next_batch;
    });
    after(async () => {
        await server.end("SIGKILL");
        home.remove();
    });

    for (let round = 1; round <= 3; round += 1) {
        test(`in the middle of sending, round ${round}: what was acknowledged is there, each once`, async () => {
            let running = true;
            const writers = people.flatMap(({ access_token: token }, person) =>
                [0, 1, 2, 3].map(async (lane) => {
                    for (let n = 0; running; n += 1) {
                        const txn = `r${round}p${person}l${lane}n${n}`;
                        const answer = await send(server.base, token, room, txn).catch(() => undefined);
                        if (answer?.status === 200) acknowledged.push({ txn, id: answer.json.event_id, token });
                        else if (!answer) return;
                    }
                }),
            );
            await new Promise((resolve) => setTimeout(resolve, 700));
            await server.end("SIGKILL");
            running = false;
            await Promise.all(writers);
            assert.ok(acknowledged.length > 10, `${acknowledged.length} messages`);
            server = await home.start();
            const seen = await everything();
            for (const { id, txn } of acknowledged) assert.equal(seen.get(id), 1, `${txn} is there ${seen.get(id) ?? 0} times`);
        });
    }
    test("the same transaction after the restart gives the same event", async () => {
        const last = acknowledged.at(-1);
        const again = fine(await send(server.base, last.token, room, last.txn));
        assert.equal(again.event_id, last.id);
    });
    test("a sync goes on from before the first kill and misses nothing", async () => {
        const filter = JSON.stringify({ room: { timeline: { limit: 10 } } });
        const query = { since, filter };
        const answer = fine(await request("GET", "/sync", { base: server.base, token: people[0].access_token, query }));
        const { timeline } = answer.rooms.join[room];
        assert.equal(timeline.limited, true);
        const seen = await everything(timeline.prev_batch);
        for (const event of timeline.events) seen.set(event.event_id, (seen.get(event.event_id) ?? 0) + 1);
        for (const { id, txn } of acknowledged) assert.equal(seen.get(id), 1, txn);
    });

    /** How often each event of the room is there, read backwards page by page. */
    async function everything(from) {
        const seen = new Map();
        for (;;) {
            const query = { dir: "b", limit: 500, from };
            const path = `/rooms/${enc(room)}/messages`;
            const page = fine(await request("GET", path, { base: server.base, token: people[0].access_token, query }));
            for (const event of page.chunk) seen.set(event.event_id, (seen.get(event.event_id) ?? 0) + 1);
            if (!page.end || !page.chunk.length) return seen;
            from = page.end;
        }
    }
});

describe("the command line", { skip }, () => {
    const home = new Home();
    after(() => home.remove());
    const at = () => ["--data-dir", home.data];
    const login = (base, user, password) =>
        request("POST", "/login", { base, body: { type: "m.login.password", identifier: { type: "m.id.user", user }, password } });

    test("users are added, get a new password, and end", async () => {
        const server = await home.start();
        await server.end("SIGTERM");
        const added = await home.command(["user", "add", "frieda", ...at()], { input: `${PASSWORD}\n` });
        assert.equal(added.code, 0, added.err);
        const changed = await home.command(["user", "passwd", "frieda", ...at()], { input: "another good password 5!\n" });
        assert.equal(changed.code, 0, changed.err);
        const again = await home.start();
        fine(await login(again.base, "frieda", "another good password 5!"));
        assert.equal((await login(again.base, "frieda", PASSWORD)).status, 403);
        await again.end("SIGTERM");
        const ended = await home.command(["user", "deactivate", "frieda", ...at()]);
        assert.equal(ended.code, 0, ended.err);
        const last = await home.start();
        assert.equal((await login(last.base, "frieda", "another good password 5!")).status, 403);
        await last.end("SIGTERM");
    });
    test("a backup of a running server is restored elsewhere, with rooms and files", async () => {
        const server = await home.start();
        const { access_token: token } = await register(server.base, "greta");
        const { room_id: room } = fine(await request("POST", "/createRoom", { base: server.base, token, body: {} }));
        const { event_id: id } = fine(await send(server.base, token, room, "t1"));
        const headers = { "Content-Type": "text/plain" };
        const { content_uri: uri } = fine(await request("POST", "/_matrix/media/v3/upload", { base: server.base, token, raw: "a file", headers }));
        const copy = `${home.folder}/backup`;
        const made = await home.command(["backup", ...at(), "--to", copy]);
        assert.equal(made.code, 0, made.err);
        fine(await send(server.base, token, room, "after the backup"));
        await server.end("SIGTERM");

        const other = new Home();
        const restored = await other.command(["restore", "--from", copy, "--data-dir", other.data]);
        assert.equal(restored.code, 0, restored.err);
        const second = await other.start();
        const event = fine(await request("GET", `/rooms/${enc(room)}/event/${enc(id)}`, { base: second.base, token }));
        assert.equal(event.content.body, "t1");
        const file = await request("GET", `/_matrix/client/v1/media/download/${uri.slice(6)}`, { base: second.base, token });
        assert.equal(file.bytes.toString(), "a file");
        assert.equal(await second.end("SIGTERM"), 0);
        const over = await other.command(["restore", "--from", copy, "--data-dir", other.data]);
        assert.notEqual(over.code, 0, "existing data is not written over");
        other.remove();
    });
    test("completions are there for a shell", async () => {
        const { code, out } = await home.command(["completions", "bash"]);
        assert.equal(code, 0);
        assert.match(out, /unisono/);
    });
});
