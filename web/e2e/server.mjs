// The server under test: the one that the environment names, or a fresh one of our own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** `{ url, setupUrl, stop }`; `environment` may depend on the address. With `UNISONO_URL` nothing is started and nothing stopped. */
export async function startServer(environment = {}) {
  if (process.env.UNISONO_URL) {
    return { url: process.env.UNISONO_URL, setupUrl: process.env.UNISONO_SETUP_URL, log: () => "", stop: async () => undefined };
  }
  const binary = process.env.UNISONO_BIN;
  if (!binary) throw new Error("set UNISONO_BIN, or UNISONO_URL and UNISONO_SETUP_URL");
  const folder = mkdtempSync(join(tmpdir(), "unisono-e2e-"));
  const config = join(folder, "unisono.toml");
  // The test's mail servers are on this machine, which the guard against inner networks would refuse.
  writeFileSync(config, '[outbound]\nallow = ["127.0.0.0/8", "::1/128"]\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const more = typeof environment === "function" ? environment(url) : environment;
  const child = spawn(binary, ["serve", "--config", config, "--data-dir", join(folder, "data"), "--listen", `127.0.0.1:${port}`, "--server-name", "unisono.test"], {
    env: { ...process.env, UNISONO_RATE_LIMITS: "false", ...more },
  });
  let output = "";
  const note = (chunk) => (output += chunk);
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10_000))]);
      child.kill("SIGKILL");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${output}`);
    const ready = await fetch(`${url}/healthz`).then((answer) => answer.ok, () => false);
    const setupUrl = /https?:\/\/\S+\/setup#[\w-]+/.exec(output)?.[0];
    if (ready && setupUrl) return { url, setupUrl: `${url}/setup#${setupUrl.split("#")[1]}`, log: () => output.slice(-4000), stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error(`the server was not ready in 20 s, or printed no set-up link:\n${output}`);
}
