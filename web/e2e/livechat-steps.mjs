// What a visitor of a shop and its owner do. Names are the ones on the screen; the widget's are read
// from its own catalogue.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/** The widget's words. */
export function widgetWords(language) {
  const source = readFileSync(new URL("../widget/src/words.ts", import.meta.url), "utf8");
  const part = source.split(/^const (?:en|de)[^\n]*= \{$/m)[language === "de" ? 2 : 1].split(/^\};$/m)[0];
  const entries = new Map([...part.matchAll(/^ {2}(\w+): ("(?:[^"\\]|\\.)*"),$/gm)].map(([, key, text]) => [key, JSON.parse(text)]));
  return (key, values = {}) => {
    if (!entries.has(key)) throw new Error(`no word for ${key}`);
    return entries.get(key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  };
}

/** Adds a site in the app; gives its number from the line that the app shows. */
export async function addSite({ page }, t) {
  await page.getByRole("button", { name: t("accounts.add") }).first().click();
  await page.getByRole("button", { name: /^Website[- ]chat/i }).first().click();
  await page.locator("input[name=site]").fill("shop.example");
  await page.locator("input[name=name]").fill("Blatt & Bohne");
  await page.getByRole("button", { name: t("wizard.connect") }).click();
  await page.getByRole("heading", { name: t("wizard.done") }).waitFor({ timeout: 60_000 });
  const line = page.locator("input[value*='chat.js']");
  await line.waitFor();
  return /data-site="([0-9a-f]+)"/.exec(await line.inputValue())[1];
}

/** The parts of the widget, as people and screen readers find them. */
export function widget(page, w) {
  const dialog = page.getByRole("dialog", { name: "Blatt & Bohne" });
  return {
    dialog,
    bubble: page.getByRole("button", { name: new RegExp(`^${w("open")}`) }),
    text: dialog.getByRole("textbox", { name: w("write") }),
    log: dialog.getByRole("group", { name: w("messages") }),
    hear: (text) => dialog.getByRole("listitem").filter({ hasText: text }).first().waitFor({ timeout: 30_000 }),
    async say(text) {
      await this.text.fill(text);
      await dialog.getByRole("button", { name: w("send"), exact: true }).click();
    },
  };
}

/** Sends an event as the owner would by another client, into the open chat. */
export function sendAs({ page }, content) {
  return page.evaluate(async (content) => {
    const { accessToken } = JSON.parse(localStorage.getItem("unisono.session"));
    const room = decodeURIComponent(location.hash.split("/")[2]);
    const answer = await fetch(`/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${Math.random()}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${accessToken}` },
      body: JSON.stringify(content),
    });
    return answer.json();
  }, content);
}

/** Calls our own API as the person of a page. */
export function api({ page }, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const { accessToken } = JSON.parse(localStorage.getItem("unisono.session"));
      const answer = await fetch(`/_unisono/v1${path}`, { method, headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
      return answer.json();
    },
    [method, path, body],
  );
}

/** Somebody else's web server, whose policy lets in the chat and nothing more. */
export async function startSite(chat, attributes) {
  const policy = `default-src 'none'; script-src ${chat}; connect-src ${chat}; img-src ${chat} blob:; media-src ${chat}; require-trusted-types-for 'script'`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
    response.end(`<!doctype html><html lang="en"><title>Shop</title><h1>Shop</h1><script src="${chat}/_unisono/chat.js" ${attributes()} async></script></html>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}
