// Writes FILE.br and FILE.gz beside every file of the build, so that the server compresses nothing itself.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist", import.meta.url).pathname;
let before = 0;
let after = 0;

function walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) walk(path);
    else if (!/\.(br|gz|png|jpg|woff2)$/.test(name)) compress(path);
  }
}

function compress(path) {
  const bytes = readFileSync(path);
  // Quality 11 takes seconds on the 5 MB of crypto and saves a few per cent only.
  const quality = bytes.length > 1_000_000 ? 9 : 11;
  const br = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  before += bytes.length;
  after += br.length;
}

walk(dist);
console.log(`compressed ${(before / 1024).toFixed(0)} kB to ${(after / 1024).toFixed(0)} kB (br)`);
