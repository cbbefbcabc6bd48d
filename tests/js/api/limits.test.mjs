// A server with its limits on: guessing passwords is slowed down. Needs a second server, UNISONO_LIMITED_URL.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PASSWORD, newName, refused, request } from "../matrix.mjs";

const base = process.env.UNISONO_LIMITED_URL;

describe("limits", { skip: base ? false : "UNISONO_LIMITED_URL is not set" }, () => {
    test("guessing a password ends in 429 M_LIMIT_EXCEEDED that says how long to wait", async () => {
        const username = newName();
        const auth = { type: "m.login.dummy" };
        await request("POST", "/register", { base, body: { username, password: PASSWORD, auth } });
        const guess = () => request("POST", "/login", {
            base, body: { type: "m.login.password", identifier: { type: "m.id.user", user: username }, password: "wrong" },
        });
        let answer;
        for (let n = 0; n < 200; n += 1) {
            answer = await guess();
            if (answer.status !== 403) break;
        }
        const { retry_after_ms: wait } = refused(answer, 429, "M_LIMIT_EXCEEDED");
        const header = Number(answer.headers.get("retry-after"));
        assert.ok(wait > 0 || header > 0, "neither retry_after_ms nor Retry-After");
    });
});
