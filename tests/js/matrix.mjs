// A client of the client-server API that hides nothing: requests, people, rooms, and waiting by sync.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export const BASE = (process.env.UNISONO_URL ?? "").replace(/\/$/, "");
const V3 = "/_matrix/client/v3";

/** Sends one request. `path` is below /_matrix/client/v3 unless it begins with /_matrix or /. */
export async function request(method, path, { token, body, query, headers = {}, raw, base = BASE } = {}) {
    const url = new URL(base + (path.startsWith("/_") || path === "/metrics" ? path : V3 + path));
    for (const [key, value] of Object.entries(query ?? {})) {
        for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(key, one);
    }
    if (token) headers = { ...headers, Authorization: `Bearer ${token}` };
    let payload = raw;
    if (body !== undefined) {
        payload = JSON.stringify(body);
        headers = { "Content-Type": "application/json", ...headers };
    }
    const response = await fetch(url, { method, headers, body: payload, redirect: "manual" });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    const json = type.includes("json") && bytes.length ? JSON.parse(bytes.toString()) : undefined;
    return { status: response.status, headers: response.headers, bytes, json };
}

/** Checks that an answer is the given error. */
export function refused(answer, status, errcode) {
    const got = `${answer.status} ${answer.json?.errcode} (${answer.json?.error ?? answer.bytes.toString().slice(0, 200)})`;
    assert.equal(`${answer.status} ${answer.json?.errcode}`, `${status} ${errcode}`, got);
    assert.equal(typeof answer.json.error, "string");
    return answer.json;
}

/** Checks that an answer is a success, and gives its JSON. */
export function fine(answer, status = 200) {
    assert.equal(answer.status, status, `${answer.status} ${answer.bytes.toString().slice(0, 300)}`);
    return answer.json;
}

export const PASSWORD = "correct horse battery staple 9!";
let count = 0;
/** A name that nobody has yet. */
export function newName(prefix = "u") {
    count += 1;
    return `${prefix}${randomUUID().slice(0, 8)}${count}`;
}

/** One logged-in device of a person. */
export class Person {
    constructor(login) {
        this.userId = login.user_id;
        this.token = login.access_token;
        this.deviceId = login.device_id;
        this.refreshToken = login.refresh_token;
        this.server = login.user_id.slice(login.user_id.indexOf(":") + 1);
        this.localpart = login.user_id.slice(1, login.user_id.indexOf(":"));
    }

    ask(method, path, options = {}) {
        return request(method, path, { token: this.token, ...options });
    }
    get = async (path, query) => fine(await this.ask("GET", path, { query }));
    put = async (path, body = {}, query) => fine(await this.ask("PUT", path, { body, query }));
    post = async (path, body = {}, query) => fine(await this.ask("POST", path, { body, query }));
    delete = async (path, body) => fine(await this.ask("DELETE", path, { body }));

    async createRoom(options = {}) {
        return (await this.post("/createRoom", options)).room_id;
    }
    async send(room, content, type = "m.room.message") {
        const body = typeof content === "string" ? { msgtype: "m.text", body: content } : content;
        return (await this.put(`/rooms/${enc(room)}/send/${enc(type)}/${randomUUID()}`, body)).event_id;
    }
    async setState(room, type, content, key = "") {
        return (await this.put(`/rooms/${enc(room)}/state/${enc(type)}/${enc(key)}`, content)).event_id;
    }
    invite = (room, other) => this.post(`/rooms/${enc(room)}/invite`, { user_id: other.userId });
    join = (room) => this.post(`/join/${enc(room)}`);
    leave = (room) => this.post(`/rooms/${enc(room)}/leave`);

    sync(options = {}) {
        const { since, timeout = 0, filter, fullState } = options;
        const inline = typeof filter === "object" ? JSON.stringify(filter) : filter;
        return this.get("/sync", { since, timeout, filter: inline, full_state: fullState });
    }

    /** Syncs on from `since` until `found(answer)` gives something; gives that, and the position after it. */
    async syncUntil(found, { since, filter, seconds = 15 } = {}) {
        const deadline = Date.now() + seconds * 1000;
        while (Date.now() < deadline) {
            const answer = await this.sync({ since, filter, timeout: since ? 3000 : 0 });
            since = answer.next_batch;
            const result = found(answer);
            if (result) return { result, since, answer };
        }
        assert.fail(`${this.userId}: nothing came in ${seconds} s: ${found}`);
    }

    /** Waits until an event is in the timeline of a room. */
    async waitFor(room, eventId, options = {}) {
        const done = await this.syncUntil(
            (answer) => answer.rooms?.join?.[room]?.timeline?.events.find((event) => event.event_id === eventId),
            options,
        );
        return done;
    }
}

/** Registers somebody new. */
export async function register(options = {}) {
    const body = { username: newName(), password: PASSWORD, auth: { type: "m.login.dummy" }, ...options };
    return new Person(fine(await request("POST", "/register", { body })));
}

/** Logs somebody in on a further device. */
export async function login(person, options = {}) {
    const body = {
        type: "m.login.password",
        identifier: { type: "m.id.user", user: person.localpart },
        password: PASSWORD,
        ...options,
    };
    return new Person(fine(await request("POST", "/login", { body })));
}

/** Two people in one room. */
export async function pair(options = {}) {
    const [anna, ben] = await Promise.all([register(), register()]);
    const room = await anna.createRoom({ preset: "private_chat", invite: [ben.userId], ...options });
    await ben.join(room);
    return { anna, ben, room };
}

/** Answers an interactive authentication with the password. */
export async function withPassword(person, method, path, body = {}) {
    const first = await person.ask(method, path, { body });
    if (first.status !== 401 || !first.json?.session) return first;
    const auth = {
        type: "m.login.password",
        identifier: { type: "m.id.user", user: person.userId },
        password: PASSWORD,
        session: first.json.session,
    };
    return person.ask(method, path, { body: { ...body, auth } });
}

/** Asks again and again until the answer passes; for what a server may do a moment later. */
export async function eventually(check, seconds = 10) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        try {
            return await check();
        } catch (error) {
            if (Date.now() > deadline) throw error;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }
}

export const enc = encodeURIComponent;
/** The ids of events. */
export const ids = (events) => events.map((event) => event.event_id);
export { randomUUID };
