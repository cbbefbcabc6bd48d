// Files: upload, download for those who are logged in, thumbnails.
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { before, describe, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";
import { BASE, enc, fine, refused, register, request } from "../matrix.mjs";

const V1 = "/_matrix/client/v1/media";

/** A PNG of one colour, made here so that no file has to lie about. */
function picture(width, height) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const out = Buffer.alloc(body.length + 8);
        out.writeUInt32BE(data.length, 0);
        body.copy(out, 4);
        out.writeUInt32BE(crc32(body), body.length + 4);
        return out;
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 120)]);
    const rows = Buffer.concat(Array.from({ length: height }, () => row));
    const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([magic, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

describe("media", () => {
    let anna;
    before(async () => void (anna = await register()));
    const upload = (raw, type, filename) =>
        anna.ask("POST", "/_matrix/media/v3/upload", { raw, headers: { "Content-Type": type }, query: { filename } });
    const place = (uri) => uri.replace("mxc://", "");

    test("the limit can be asked", async () => {
        const config = await anna.get(`${V1}/config`);
        assert.ok(config["m.upload.size"] >= 1024 * 1024);
    });
    test("what was uploaded is downloaded byte by byte, by everybody here", async () => {
        const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256));
        const { content_uri: uri } = fine(await upload(bytes, "application/octet-stream", "bytes.bin"));
        assert.match(uri, new RegExp(`^mxc://${anna.server}/.+`));
        const ben = await register();
        const got = await ben.ask("GET", `${V1}/download/${place(uri)}`);
        assert.equal(got.status, 200);
        assert.ok(got.bytes.equals(bytes));
        assert.match(got.headers.get("content-disposition"), /bytes\.bin/);
    });
    test("a name can be given on downloading", async () => {
        const { content_uri: uri } = fine(await upload(Buffer.from("hello"), "text/plain"));
        const got = await anna.ask("GET", `${V1}/download/${place(uri)}/${enc("grüße.txt")}`);
        assert.equal(got.bytes.toString(), "hello");
        assert.match(got.headers.get("content-disposition"), /gr%C3%BC|grüße/i);
    });
    test("a page cannot run as one of ours", async () => {
        const { content_uri: uri } = fine(await upload(Buffer.from("<script>alert(1)</script>"), "text/html", "x.html"));
        const got = await anna.ask("GET", `${V1}/download/${place(uri)}`);
        assert.match(got.headers.get("content-security-policy"), /sandbox|default-src 'none'/);
        assert.match(got.headers.get("content-disposition"), /^attachment/);
        assert.equal(got.headers.get("x-content-type-options"), "nosniff");
    });
    test("pictures may be shown in place", async () => {
        const { content_uri: uri } = fine(await upload(picture(10, 10), "image/png", "p.png"));
        const got = await anna.ask("GET", `${V1}/download/${place(uri)}`);
        assert.equal(got.headers.get("content-type"), "image/png");
        assert.match(got.headers.get("content-disposition"), /^inline/);
    });
    test("thumbnails have the size that was asked for", async () => {
        const { content_uri: uri } = fine(await upload(picture(640, 480), "image/png"));
        const thumbnail = (query) => anna.ask("GET", `${V1}/thumbnail/${place(uri)}`, { query });
        const scaled = await thumbnail({ width: 320, height: 240, method: "scale" });
        assert.equal(scaled.status, 200);
        assert.match(scaled.headers.get("content-type"), /^image\//);
        if (scaled.headers.get("content-type") === "image/png") {
            assert.deepEqual([scaled.bytes.readUInt32BE(16), scaled.bytes.readUInt32BE(20)], [320, 240]);
        }
        const cropped = await thumbnail({ width: 96, height: 96, method: "crop" });
        if (cropped.headers.get("content-type") === "image/png") {
            assert.deepEqual([cropped.bytes.readUInt32BE(16), cropped.bytes.readUInt32BE(20)], [96, 96]);
        }
    });
    test("without a login: 401 M_MISSING_TOKEN", async () => {
        const { content_uri: uri } = fine(await upload(picture(10, 10), "image/png"));
        refused(await request("GET", `${V1}/download/${place(uri)}`), 401, "M_MISSING_TOKEN");
        refused(await request("GET", `${V1}/thumbnail/${place(uri)}`, { query: { width: 5, height: 5 } }), 401, "M_MISSING_TOKEN");
    });
    test("the old paths without a login do not give new files away: 404", async () => {
        const { content_uri: uri } = fine(await upload(picture(10, 10), "image/png"));
        refused(await request("GET", `/_matrix/media/v3/download/${place(uri)}`), 404, "M_NOT_FOUND");
    });
    test("what is not there: 404 M_NOT_FOUND", async () => {
        refused(await anna.ask("GET", `${V1}/download/${anna.server}/nothing`), 404, "M_NOT_FOUND");
        const query = { width: 32, height: 32 };
        refused(await anna.ask("GET", `${V1}/thumbnail/${anna.server}/nothing`, { query }), 404, "M_NOT_FOUND");
    });
    test("a place can be kept free and filled later, once", async () => {
        const { content_uri: uri } = await anna.post("/_matrix/media/v1/create");
        const fill = (raw) => anna.ask("PUT", `/_matrix/media/v3/upload/${place(uri)}`, { raw, headers: { "Content-Type": "text/plain" } });
        const early = await anna.ask("GET", `${V1}/download/${place(uri)}`, { query: { timeout_ms: 50 } });
        refused(early, 504, "M_NOT_YET_UPLOADED");
        fine(await fill("later"));
        refused(await fill("again"), 409, "M_CANNOT_OVERWRITE_MEDIA");
        assert.equal((await anna.ask("GET", `${V1}/download/${place(uri)}`)).bytes.toString(), "later");
    });
    test("more than the limit: 413 M_TOO_LARGE", async () => {
        const size = (await anna.get(`${V1}/config`))["m.upload.size"];
        // Only announced: a server that reads it all first has been made to work for nothing.
        const answer = await new Promise((resolve, reject) => {
            const headers = { Authorization: `Bearer ${anna.token}`, "Content-Type": "image/png", "Content-Length": size + 1 };
            const asked = httpRequest(`${BASE}/_matrix/media/v3/upload`, { method: "POST", headers, timeout: 10_000 }, async (incoming) => {
                const chunks = await incoming.toArray();
                const bytes = Buffer.concat(chunks);
                resolve({ status: incoming.statusCode, bytes, json: JSON.parse(bytes.toString() || "{}") });
                asked.destroy();
            });
            asked.on("error", reject).on("timeout", () => asked.destroy(new Error("no answer before the body was sent")));
            asked.write(Buffer.alloc(1000));
        });
        refused(answer, 413, "M_TOO_LARGE");
    });
});
