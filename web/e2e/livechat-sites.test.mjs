// The chat on a site of another origin, under that site's own policy, with its customers logged in.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { failurePicture, launch, person } from "./browser.mjs";
import { addSite, api, startSite, widget, widgetWords } from "./livechat-steps.mjs";
import { startServer } from "./server.mjs";
import * as steps from "./steps.mjs";
import { words } from "./words.mjs";

test("a site has the chat where it is allowed, and knows its customers on every device", { timeout: 180_000 }, async () => {
  const [t, w] = [words("en"), widgetWords("en")];
  const at = { language: "en", view: "wide" };
  const server = await startServer();
  const browser = await launch();
  const anna = await person(browser, { name: "anna", ...at });
  const [desk, phone] = [await person(browser, { name: "desk", ...at }), await person(browser, { name: "phone", ...at })];
  let attributes = "";
  const shop = await startSite(server.url, () => attributes);
  const stranger = await startSite(server.url, () => attributes);
  try {
    await steps.setUp(anna, server, t);
    await steps.enter(anna, t);
    const site = await addSite(anna, t);
    const { accounts } = await api(anna, "GET", "/accounts");
    const { handouts } = await api(anna, "GET", `/accounts/${accounts[0].id}/handouts`);
    assert.ok(!JSON.stringify(accounts).includes(handouts.find(({ id }) => id === "secret").value), "the secret is given only when asked for");
    await api(anna, "PATCH", `/accounts/${accounts[0].id}`, { settings: { origins: shop.url } });
    await anna.page.getByRole("button", { name: t("wizard.toChats") }).click();

    const secret = handouts.find(({ id }) => id === "secret").value;
    const hash = createHmac("sha256", secret).update("customer-7").digest("hex");
    attributes = `data-site="${site}" data-user="customer-7" data-hash="${hash}" data-name="Ole Brandt" data-colour="#7a1f5c"`;
    const chat = widget(desk.page, w);
    await desk.page.goto(shop.url);
    await chat.bubble.click();
    await chat.say("Where is my parcel?");
    await chat.dialog.getByText(w("sent")).waitFor();
    await anna.page.getByRole("link", { name: /Ole Brandt/ }).first().click({ timeout: 30_000 });
    await steps.say(anna, "On its way", t);
    await chat.hear("On its way");

    // On another device the same customer has the same conversation, and both hear what is said.
    const other = widget(phone.page, w);
    await phone.page.goto(shop.url);
    await other.bubble.click();
    await other.hear("Where is my parcel?");
    await other.say("Thank you!");
    await chat.hear("Thank you!");

    // Logged out, the browser forgets; nobody else gets in without the signature.
    await phone.page.evaluate(() => globalThis.unisono.logout());
    await other.dialog.getByRole("listitem").filter({ hasText: "Where is my parcel?" }).waitFor({ state: "hidden" });
    attributes = `data-site="${site}" data-user="customer-7" data-hash="${hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))}"`;
    // It was open, and still is.
    await phone.page.goto(shop.url);
    await other.text.fill("Let me in");
    const refused = phone.page.waitForResponse((answer) => answer.url().endsWith("/visit") && answer.status() === 403);
    await other.dialog.getByRole("button", { name: w("send"), exact: true }).click();
    await refused;
    await other.dialog.getByText(w("failed")).waitFor();

    // A site that the account does not name gets no chat, and no answer that its scripts could read.
    const refusal = phone.page.waitForEvent("requestfailed", (request) => request.url().endsWith("/config"));
    await phone.page.goto(stranger.url);
    const { status, headers } = await fetch((await refusal).url(), { headers: { origin: stranger.url } });
    assert.deepEqual([status, headers.get("access-control-allow-origin")], [403, null]);
    assert.equal(await phone.page.locator("[data-unisono-chat]").count(), 0);
    assert.deepEqual([...anna.complaints, ...desk.complaints], [], "nothing crashed and nothing broke the content policy");
  } catch (error) {
    await failurePicture([anna, desk, phone], "livechat-sites");
    console.error(server.log());
    throw error;
  } finally {
    await browser.close();
    await shop.stop();
    await stranger.stop();
    await server.stop();
  }
});
