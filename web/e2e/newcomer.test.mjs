// The newcomer's path in full, in the language and at the width that the environment names
// (E2E_LANG, E2E_VIEW), else in all four combinations, each on a fresh server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failurePicture, launch, look, person } from "./browser.mjs";
import { startMailbox } from "./mailbox.mjs";
import { startProviders } from "./providers.mjs";
import { startServer } from "./server.mjs";
import * as steps from "./steps.mjs";
import { words } from "./words.mjs";

const languages = process.env.E2E_LANG ? [process.env.E2E_LANG] : ["de", "en"];
const widths = process.env.E2E_VIEW ? [process.env.E2E_VIEW] : ["wide", "narrow"];

// A server that was handed in has one set-up link: it is good for one newcomer.
const runs = languages.flatMap((language) => widths.map((view) => ({ language, view }))).slice(0, process.env.UNISONO_URL ? 1 : undefined);

for (const { language, view } of runs) {
  test(`a newcomer sets up, answers a mail with a file and chats encrypted (${language}, ${view})`, { timeout: 300_000 }, async (context) => {
    const t = words(language);
    const mailbox = process.env.E2E_MAIL === "off" ? null : await startMailbox();
    // On wide screens the servers are found from address and password alone, on narrow ones they are typed.
    const providers = mailbox && view === "wide" ? await startProviders(mailbox) : null;
    const server = await startServer(providers ? { UNISONO_ISPDB: providers.url } : {});
    const browser = await launch();
    const anna = await person(browser, { name: "anna", language, view });
    const ben = await person(browser, { name: "ben", language, view, scheme: "dark" });
    const people = [anna, ben];
    const at = { language, view };
    // A step stands on the ones before it: after a failure the rest would only repeat it.
    const step = async (name, work, options = {}) => {
      let failure = null;
      await context.test(name, options, async () => {
        try {
          await work();
        } catch (error) {
          failure = error;
          throw error;
        }
      });
      if (failure) throw failure;
    };
    try {
      await step("sets up the first login", async () => {
        await steps.setUp(anna, server, t);
        await look(anna, "1-setup", at);
        await steps.enter(anna, t);
        await look(anna, "2-empty", at);
      });

      const mailStep = async () => {
        await steps.addMailbox(anna, mailbox, providers !== null && !process.env.UNISONO_URL, t);
        await look(anna, "3-mailbox", at);
        await steps.finishMailbox(anna, t);
        await look(anna, "4-connected", at);
        await steps.openMail(anna, t);
        await look(anna, "5-mail", at);
        const text = "Gern, der Befund ist dabei. Bis Donnerstag!";
        await steps.answerMail(anna, t, text);
        await look(anna, "6-answered", at);
        if (mailbox.sent) steps.checkMail(await mailbox.sent.waitFor((mail) => mail.to.includes("miriam@klinik.test")), text);
        await steps.backToList(anna, t);
        await steps.showOriginal(anna, mailbox.pictures, t);
        await look(anna, "6b-original", at);
        await anna.page.keyboard.press("Escape");
        await steps.backToList(anna, t);
      };
      await step("adds a mailbox and answers a mail with a file", mailStep, { skip: mailbox ? false : "no mail server here" });

      await step("invites somebody, who registers and lands in the chat", async () => {
        const link = await steps.makeInvite(anna, t);
        await look(anna, "7-invite", at);
        await anna.page.keyboard.press("Escape");
        await steps.followInvite(ben, link, t);
        await look(ben, "8-invited", at);
        await steps.register(ben, t);
      });

      await step("chats end-to-end encrypted in both directions", async () => {
        await steps.say(ben, "Hallo Anna, ich bin da!", t);
        await anna.page.getByRole("link", { name: /Ben Okafor/ }).click({ timeout: 60_000 });
        await steps.hear(anna, "Hallo Anna, ich bin da!");
        await steps.say(anna, "Schön, dass du da bist 🎉", t);
        await steps.hear(ben, "Schön, dass du da bist 🎉");
        await ben.page.getByTestId("file-input").setInputFiles({ name: "geheim.txt", mimeType: "text/plain", buffer: Buffer.from("nur für uns") });
        await ben.page.getByRole("dialog").getByRole("button", { name: t("composer.send") }).click();
        const download = anna.page.waitForEvent("download");
        await anna.page.getByRole("button", { name: t("media.save", { name: "geheim.txt" }) }).click({ timeout: 60_000 });
        const stream = await (await download).createReadStream();
        const parts = [];
        for await (const part of stream) parts.push(part);
        assert.equal(Buffer.concat(parts).toString(), "nur für uns");
        await look(anna, "9-chat", at);
        await look(ben, "9-chat", at);
        const seen = await steps.wireEvents(anna);
        assert.ok(seen.filter(({ type }) => type === "m.room.encrypted").length >= 3, "the messages are encrypted on the server");
        assert.ok(!JSON.stringify(seen).includes("Hallo Anna"), "the server does not see the words");
      });

      await step("a second device reads the history without a question", async () => {
        const tablet = await person(browser, { name: "tablet", language, view });
        people.push(tablet);
        await tablet.page.goto(server.url);
        await tablet.page.getByLabel(t("field.username"), { exact: true }).fill("anna");
        await tablet.page.getByLabel(t("field.password"), { exact: true }).fill(steps.password);
        await look(tablet, "10-sign-in", at);
        await tablet.page.getByRole("button", { name: t("signIn.submit"), exact: true }).click();
        await tablet.page.getByRole("link", { name: /Ben Okafor/ }).click({ timeout: 60_000 });
        await steps.hear(tablet, "Hallo Anna, ich bin da!");
        await tablet.page.goto(`${server.url}/#/settings`);
        await tablet.page.getByText(t("settings.encryption.ready")).waitFor();
        await look(tablet, "11-settings", at);
        await tablet.page.goto(`${server.url}/#/accounts`);
        await tablet.page.getByRole("heading", { name: t("accounts.title"), exact: true }).waitFor();
        await look(tablet, "12-accounts", at);
        assert.deepEqual(tablet.complaints, []);
      });

      assert.deepEqual([...anna.complaints, ...ben.complaints], [], "nothing crashed and nothing broke the content policy");
    } catch (error) {
      await failurePicture(people, `${language}-${view}`);
      console.error(server.log());
      throw error;
    } finally {
      await browser.close();
      await mailbox?.stop();
      await providers?.stop();
      await server.stop();
    }
  });
}
