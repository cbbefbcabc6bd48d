// The house rules that a compiler does not know: files stay short, and words live in the catalogue.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const problems = [];

function walk(folder, visit) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) walk(path, visit);
    else visit(path);
  }
}

walk(join(root, "src"), (path) => {
  if (!/\.(ts|tsx|css)$/.test(path)) return;
  const name = relative(root, path);
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n").length - 1;
  const generated = /lib\/i18n\/(de|en)|emoji-data/.test(name);
  if (lines > 300 && !generated) problems.push(`${name}: ${lines} lines, 300 are allowed`);
  if (/\/(utils|helpers|manager|common)\b/.test(name)) problems.push(`${name}: a folder or file needs a better name`);
  if (!name.endsWith(".tsx") || name.includes(".test.")) return;
  text.split("\n").forEach((line, index) => {
    const label = /(?:aria-label|title|placeholder|alt)="([^"]*[A-Za-zÄÖÜäöü]{2}[^"]*)"/.exec(line);
    const child = />\s*([A-ZÄÖÜ][a-zäöüß]+(?: [A-Za-zäöüßÄÖÜ]+)*[.!?…]?)\s*<\//.exec(line);
    const found = label ?? child;
    if (found) problems.push(`${name}:${index + 1}: "${found[1]}" belongs into the catalogue`);
  });
});

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("lint: no findings");
