// Runs the suite with the Node that matrix-js-sdk asks for, which npm brought along.
//   UNISONO_URL=http://127.0.0.1:8008 npm test [-- FILE ...]
// The server must have open registration and no rate limits. With UNISONO_LIMITED_URL (a second one, with limits)
// and UNISONO_BIN (the program itself, to be started and killed) more is tested.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const OLDEST = 22;

if (!process.env.UNISONO_URL) {
    console.error("UNISONO_URL is not set: which server shall be tested?");
    process.exit(1);
}

const brought = join(here, "node_modules/node/bin/node");
const node = existsSync(brought) ? brought : process.execPath;
if (node === process.execPath && Number(process.versions.node.split(".")[0]) < OLDEST) {
    console.error(`Node ${OLDEST} is needed, and npm did not bring it (package "node"); this is ${process.version}.`);
    process.exit(1);
}

const all = ["api", "sdk", "unisono"].flatMap((folder) =>
    readdirSync(join(here, folder))
        .filter((name) => name.endsWith(".test.mjs"))
        .map((name) => join(folder, name)),
);
const files = process.argv.length > 2 ? process.argv.slice(2) : all;
const run = spawnSync(
    node,
    ["--test", "--test-reporter=spec", "--test-concurrency=2", "--test-timeout=120000", "--test-force-exit", ...files],
    { cwd: here, stdio: "inherit" },
);
process.exit(run.status ?? 1);
