// Servers of our own making, by the contract for scripts: started, killed, started again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const BINARY = process.env.UNISONO_BIN;
export const skip = BINARY ? false : "UNISONO_BIN is not set";

export async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

const children = new Set();
// A test that failed in the middle leaves no server behind.
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** A data folder and the servers that run on it, one after the other. */
export class Home {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), "unisono-test-"));
        this.data = join(this.folder, "data");
    }
    /** Writes a configuration file and gives its path. */
    config(text) {
        const file = join(this.folder, "unisono.toml");
        writeFileSync(file, text);
        return file;
    }
    /** Runs a command to its end. */
    async command(args, { env = {}, input } = {}) {
        const child = spawn(BINARY, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
        // A command that refuses its arguments does not wait for what it would read.
        child.stdin.on("error", () => {}).end(input);
        let out = "";
        let err = "";
        child.stdout.on("data", (chunk) => (out += chunk));
        child.stderr.on("data", (chunk) => (err += chunk));
        const [code] = await once(child, "close");
        return { code, out, err };
    }
    /** Starts a server and waits until it is ready. */
    async start(args = [], env = {}) {
        const port = await freePort();
        const child = spawn(
            BINARY,
            ["serve", "--data-dir", this.data, "--listen", `127.0.0.1:${port}`, "--server-name", "test.localhost", ...args],
            { env: { ...process.env, UNISONO_REGISTRATION: "open", UNISONO_RATE_LIMITS: "false", ...env }, stdio: ["ignore", "pipe", "pipe"] },
        );
        children.add(child);
        child.on("exit", () => children.delete(child));
        let log = "";
        child.stdout.on("data", (chunk) => (log += chunk));
        child.stderr.on("data", (chunk) => (log += chunk));
        const server = { child, base: `http://127.0.0.1:${port}`, log: () => log };
        server.end = async (signal) => {
            if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
            const closed = once(child, "exit");
            child.kill(signal);
            const [code] = await closed;
            return code;
        };
        const deadline = Date.now() + 30_000;
        for (;;) {
            const answer = await fetch(`${server.base}/healthz`).catch(() => undefined);
            if (answer?.status === 200) return server;
            if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}\n${log}`);
            if (Date.now() > deadline) throw new Error(`the server is not ready after 30 s\n${log}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }
    remove() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
