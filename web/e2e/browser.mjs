// Debian's Chromium, driven by playwright-core; pictures and the accessibility check of a screen.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const pictures = new URL("./screenshots/", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const views = {
  wide: { viewport: { width: 1440, height: 900 } },
  narrow: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A person at a device of their own. What the page complains about is kept. */
export async function person(browser, { name, language, view, scheme = "light" }) {
  const context = await browser.newContext({
    ...views[view],
    locale: language === "de" ? "de-DE" : "en-GB",
    colorScheme: scheme,
    reducedMotion: "reduce",
    acceptDownloads: true,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${name}: ${error.message}`));
  page.on("console", (message) => {
    if (process.env.E2E_LOUD) console.log(name, message.type(), message.text());
    // Broken policies and crashes count; a 404 of the protocol is an answer like any other.
    if (message.type() === "error" && /Content Security Policy|Refused to|Uncaught/.test(message.text())) complaints.push(`${name}: ${message.text()}`);
  });
  return { name, page, context, complaints };
}

/** Takes a picture and lets axe look for what keeps people out. */
export async function look({ page, name }, screen, { language, view }) {
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${pictures}${language}-${view}-${screen}-${name}.png` });
  // Evaluated by the debugger, which the page's content policy does not bind.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.slice(0, 4).map((node) => `${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`).join("\n    ")}`);
  });
  assert.deepEqual(found, [], `axe on ${screen} (${language}, ${view}):\n  ${found.join("\n  ")}`);
}

export async function failurePicture(people, label) {
  for (const { page, name } of people) await page.screenshot({ path: `${pictures}failed-${label}-${name}.png` }).catch(() => undefined);
}
