// A visitor of a shop and its owner, in both languages, at a desk and on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";
import { failurePicture, launch, look, person } from "./browser.mjs";
import { addSite, sendAs, widget, widgetWords } from "./livechat-steps.mjs";
import { startServer } from "./server.mjs";
import * as steps from "./steps.mjs";
import { words } from "./words.mjs";

/** A picture of its own, so that nothing has to be found for it: green, with a brighter half. */
function picture() {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.from([0, 0, 0, 160, 0, 0, 0, 100, 8, 2, 0, 0, 0]);
  const row = Buffer.concat([Buffer.from([0]), ...Array.from({ length: 160 }, (_, x) => Buffer.from(x < 80 ? [111, 160, 105] : [150, 190, 130]))]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(Array(100).fill(row)))), chunk("IEND", Buffer.alloc(0))]);
}

const runs = [
  { language: "de", view: "wide", scheme: "light" },
  { language: "en", view: "narrow", scheme: "dark" },
];

for (const { language, view, scheme } of runs) {
  test(`a visitor of a shop and its owner talk (${language}, ${view})`, { timeout: 240_000 }, async () => {
    const [t, w] = [words(language), widgetWords(language)];
    const at = { language, view };
    const server = await startServer();
    const browser = await launch();
    const anna = await person(browser, { name: "anna", language, view: "wide" });
    const ina = await person(browser, { name: "ina", language, view, scheme });
    const chat = widget(ina.page, w);
    try {
      await steps.setUp(anna, server, t);
      await steps.enter(anna, t);
      const site = await addSite(anna, t);
      await look(anna, "lc-0-added", { language, view: "wide" });
      await anna.page.getByRole("button", { name: t("wizard.toChats") }).click();

      // Without a site the shop says what to do.
      await ina.page.goto(`${server.url}/demo`);
      await ina.page.getByRole("listitem").filter({ hasText: language === "de" ? "füge einen Website-Chat hinzu" : "add a website chat" }).waitFor();
      await look(ina, "lc-1-no-site", at);
      await ina.page.goto(`${server.url}/demo?site=${site}`);
      await chat.bubble.waitFor();
      await look(ina, "lc-2-closed", at);

      // The form, by keyboard alone; Escape closes and gives the focus back.
      await chat.bubble.focus();
      await ina.page.keyboard.press("Enter");
      await chat.dialog.waitFor();
      await look(ina, "lc-3-form", at);
      await ina.page.keyboard.press("Escape");
      await chat.dialog.waitFor({ state: "hidden" });
      const focused = () => ina.page.evaluate(() => document.querySelector("[data-unisono-chat]").shadowRoot.activeElement?.className);
      assert.equal(await focused(), "bubble", "the focus is back where it was");
      await ina.page.keyboard.press("Enter");
      await ina.page.keyboard.type("Ina Holm");
      await ina.page.keyboard.press("Tab");
      await ina.page.keyboard.type("nonsense");
      await ina.page.keyboard.press("Enter");
      await chat.dialog.getByText(w("wrongEmail")).waitFor();
      await chat.dialog.getByRole("textbox", { name: w("email") }).fill("ina@holm.example");
      await ina.page.keyboard.press("Enter");
      await chat.text.waitFor();
      assert.equal(await focused(), "", "one can write at once");
      await ina.page.keyboard.type("Hallo, ist der Morgennebel da? https://shop.example/tee");
      await ina.page.keyboard.press("Enter");
      await chat.dialog.getByText(w("sent")).waitFor();

      // The owner sees who it is, and types.
      await anna.page.getByRole("link", { name: /Ina Holm/ }).first().click({ timeout: 30_000 });
      await steps.hear(anna, "Hallo, ist der Morgennebel da?");
      await chat.dialog.getByText(w("read")).first().waitFor({ timeout: 30_000 });
      const box = anna.page.getByRole("textbox", { name: t("composer.message") });
      await box.pressSequentially("Ja, seit heute");
      await chat.dialog.getByText(w("typing", { name: "Blatt & Bohne" })).waitFor();
      await look(ina, "lc-4-typing", at);
      await anna.page.getByRole("button", { name: t("composer.send") }).click();
      await chat.hear("Ja, seit heute");
      await chat.hear("Anna Berg");
      await anna.page.getByRole("img", { name: t("fate.read"), exact: true }).first().waitFor({ timeout: 30_000 });

      // The visitor types, and sends a picture; the owner answers with a file.
      await chat.text.pressSequentially("Moment");
      await anna.page.getByText(/Ina Holm (schreibt|is typing)/).first().waitFor({ timeout: 15_000 });
      await chat.text.fill("");
      await chat.dialog.locator("input[type=file]").setInputFiles({ name: "Dose.png", mimeType: "image/png", buffer: picture() });
      await anna.page.getByRole("log").getByRole("button", { name: /Dose\.png/ }).first().waitFor({ timeout: 30_000 });
      await anna.page.getByTestId("file-input").setInputFiles({ name: "Preise.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n% Preise\n%%EOF\n") });
      await anna.page.getByRole("dialog").getByRole("button", { name: t("composer.send") }).click();
      const file = chat.dialog.getByRole("link", { name: /Preise\.pdf/ });
      await file.waitFor({ timeout: 30_000 });
      const given = await ina.page.request.get(await file.evaluate((link) => link.href));
      assert.equal(await given.text(), "%PDF-1.4\n% Preise\n%%EOF\n");
      assert.match(given.headers()["content-disposition"], /^attachment/);
      await chat.dialog.locator("input[type=file]").setInputFiles({ name: "virus.exe", mimeType: "application/pdf", buffer: Buffer.from("MZ") });
      await chat.dialog.getByText(w("fileType")).waitFor();

      // Buttons, and formatted text.
      await sendAs(anna, { msgtype: "m.text", body: "Grün oder schwarz?", "org.unisono.card": { text: "Grün oder schwarz?", buttons: [{ id: "g", label: "Grün" }, { id: "s", label: "Schwarz" }] } });
      await chat.dialog.getByRole("button", { name: "Grün" }).click({ timeout: 30_000 });
      await anna.page.getByRole("log").getByText("Grün", { exact: true }).last().waitFor({ timeout: 30_000 });
      await sendAs(anna, { msgtype: "m.text", body: "Sehr gut", format: "org.matrix.custom.html", formatted_body: "<strong>Sehr</strong> gut" });
      await chat.dialog.locator("strong", { hasText: "Sehr" }).waitFor();
      await look(ina, "lc-5-talk", at);
      await look(anna, "lc-5-talk", { language, view: "wide" });

      // Without a line: what is written waits, is sent once, in order.
      await ina.context.setOffline(true);
      await chat.say("Erstens");
      await chat.dialog.getByText(w("waiting")).first().waitFor();
      await chat.say("Zweitens");
      await chat.dialog.getByText(w("offline")).waitFor();
      await look(ina, "lc-6-offline", at);
      await ina.context.setOffline(false);
      await steps.hear(anna, "Zweitens");
      await chat.dialog.getByText(w("waiting")).first().waitFor({ state: "hidden" });
      const said = await anna.page.getByRole("log").getByText(/^(Erstens|Zweitens)$/).allInnerTexts();
      assert.deepEqual(said, ["Erstens", "Zweitens"]);

      // The same through a reload: what nobody took is sent by the next page.
      await ina.context.route("**/hooks/*/messages", (route) => route.abort());
      await chat.say("Nach dem Neuladen");
      await chat.dialog.getByText(w("waiting")).waitFor();
      await ina.page.reload();
      if (view === "narrow") await chat.bubble.click();
      await chat.dialog.getByText(w("waiting")).waitFor();
      await ina.context.unroute("**/hooks/*/messages");
      await steps.hear(anna, "Nach dem Neuladen");
      assert.equal(await anna.page.getByRole("log").getByText("Nach dem Neuladen").count(), 1, "once");

      // A closed chat counts what it missed; a new page has the conversation.
      await chat.text.focus();
      await ina.page.keyboard.press("Escape");
      await steps.say(anna, "Bis morgen!", t);
      await ina.page.getByRole("button", { name: w("openUnread", { n: 1 }) }).waitFor({ timeout: 30_000 });
      await look(ina, "lc-7-unread", at);
      await ina.page.reload();
      await ina.page.getByRole("button", { name: w("openUnread", { n: 1 }) }).click({ timeout: 30_000 });
      for (const text of ["Morgennebel", "Ja, seit heute", "Erstens", "Bis morgen!"]) await chat.hear(text);
      await chat.dialog.getByRole("img", { name: w("picture", { name: "Dose.png" }) }).waitFor();

      // Changes and removals reach the other side.
      const last = chat.dialog.getByRole("listitem").filter({ hasText: "Zweitens" });
      if (view === "narrow") await last.getByText("Zweitens").tap();
      else {
        await last.hover();
        await last.getByRole("button", { name: w("actions") }).click();
      }
      await last.getByRole("button", { name: w("edit") }).click();
      await chat.say("Drittens");
      await steps.hear(anna, "Drittens");
      await look(ina, "lc-8-end", at);

      const left = await ina.page.evaluate(() => Object.keys(globalThis).filter((name) => /unisono/i.test(name)));
      assert.deepEqual(left, ["unisono"], "the page has one name of ours and no more");
      assert.deepEqual([...anna.complaints, ...ina.complaints], [], "nothing crashed and nothing broke the content policy");
    } catch (error) {
      await failurePicture([anna, ina], `livechat-${language}-${view}`);
      console.error(server.log());
      throw error;
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}
