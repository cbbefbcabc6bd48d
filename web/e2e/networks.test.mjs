// Networks and contacts: an attached system and a mailbox, one person on both, and everything that a message can be.
// In the languages and widths of `newcomer.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startAttached, tone } from "./attached.mjs";
import { failurePicture, launch, look, person } from "./browser.mjs";
import { correspondent, startMailbox } from "./mailbox.mjs";
import * as networks from "./network-steps.mjs";
import { startProviders } from "./providers.mjs";
import { startServer } from "./server.mjs";
import * as steps from "./steps.mjs";
import { words } from "./words.mjs";

const languages = process.env.E2E_LANG ? [process.env.E2E_LANG] : ["de", "en"];
const widths = process.env.E2E_VIEW ? [process.env.E2E_VIEW] : ["wide", "narrow"];
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const workshop = "Werkstatt";
const lea = { id: "lea", name: "Lea Sommer", handles: ["tel:+4917012345678"] };
const miriam = { id: "m-7", name: "M. Hoffmann", handles: [`mailto:${correspondent.address}`] };

for (const language of languages) {
  for (const view of widths) {
    // Both colours in both languages: dark where the other width is light.
    const scheme = (language === "de") === (view === "wide") ? "light" : "dark";
    test(`attaches a network and has people once, whatever they write by (${language}, ${view}, ${scheme})`, { timeout: 300_000, skip: process.env.UNISONO_URL ? "needs its own server" : false }, async (context) => {
      const t = words(language);
      const mailbox = process.env.E2E_MAIL === "off" ? null : await startMailbox();
      const providers = mailbox ? await startProviders(mailbox) : null;
      const server = await startServer((url) => ({ UNISONO_PUBLIC_URL: url, ...(providers ? { UNISONO_ISPDB: providers.url } : {}) }));
      const system = await startAttached();
      const shop = await startAttached();
      const browser = await launch();
      const anna = await person(browser, { name: "anna", language, view, scheme });
      const at = { language, view };
      const looking = (screen) => look(anna, `n-${screen}`, at);
      const step = async (name, work, options = {}) => {
        let failure = null;
        await context.test(name, options, () => work().catch((error) => Promise.reject((failure = error))));
        if (failure) throw failure;
      };
      try {
        await step("finds networks in a catalogue, and how each is connected", async () => {
          await steps.setUp(anna, server, t);
          await steps.enter(anna, t);
          await networks.attach(anna, system, workshop, t, looking);
          await networks.attach(anna, shop, "Laden", t);
          if (mailbox) {
            await anna.page.evaluate(() => (window.location.hash = "#/accounts"));
            await steps.addMailbox(anna, mailbox, true, t);
            await steps.finishMailbox(anna, t);
          }
        });

        await step("shows whatever a network sends", async () => {
          const chat = { id: "lea" };
          const post = (event) => system.post({ chat, sender: lea, ...event });
          await post({ text: "Hallo! Ist mein *Rad* schon fertig?", html: "<p>Hallo! Ist mein <b>Rad</b> schon fertig?</p>" });
          await networks.openChat(anna, /Lea Sommer/, t);
          await post({ location: { latitude: 53.5503, longitude: 9.9921, label: "Rathausmarkt 1, Hamburg" } });
          await post({ files: [{ name: "rad.png", mime: "image/png", data: picture, caption: "So sieht es aus" }] });
          await post({ files: [{ name: "sprache.wav", mime: "audio/wav", kind: "voice", data: tone() }] });
          await post({ files: [{ name: "Omar Haddad.vcf", mime: "text/vcard", data: Buffer.from("BEGIN:VCARD\nVERSION:3.0\nFN:Omar Haddad\nORG:Kurier Nord\nTEL:+49 170 5551212\nEMAIL:omar@kurier.test\nEND:VCARD\n").toString("base64") }] });
          await post({ card: { text: "Wann soll es abgeholt werden?", buttons: [{ id: "now", label: "Heute" }, { id: "later", label: "Morgen" }, { id: "page", label: "Öffnungszeiten", url: "https://example.org/zeiten" }] } });
          const log = anna.page.getByRole("log");
          await log.getByText("Rathausmarkt 1, Hamburg").waitFor();
          await log.getByText("Kurier Nord").waitFor();
          await log.getByRole("button", { name: t("media.play", { name: t("message.voice") }) }).click();
          await log.getByRole("button", { name: t("media.speed", { n: 1 }) }).waitFor();
          await looking("kinds");
          await log.getByRole("button", { name: "Morgen" }).click();
          const choice = await system.waitFor((event) => JSON.stringify(event).includes("Morgen"));
          assert.equal(choice.chat.id, "lea");
          await anna.page.getByRole("img", { name: t("fate.sent"), exact: true }).first().waitFor();
        });

        await step("sends a place and a contact", async () => {
          const { page } = anna;
          await page.getByRole("button", { name: t("composer.add"), exact: true }).click();
          await looking("add");
          await page.getByRole("menuitem", { name: t("location.send") }).click();
          await page.getByLabel(t("location.coordinates")).fill("53.5503, 9.9921");
          await page.getByLabel(t("location.label")).fill("Hier bin ich");
          await looking("location");
          await page.getByRole("dialog").getByRole("button", { name: t("composer.send") }).click();
          const place = await system.waitFor((event) => event.location);
          assert.equal(place.location.latitude, 53.5503);
          await page.getByRole("button", { name: t("composer.add"), exact: true }).click();
          await page.getByRole("menuitem", { name: t("contact.send") }).click();
          await page.getByLabel(t("contact.name"), { exact: true }).fill("Omar Haddad");
          await page.getByLabel(t("contact.phone")).fill("+49 170 5551212");
          await page.getByRole("dialog").getByRole("button", { name: t("composer.send") }).click();
          const card = await system.waitFor((event) => event.files?.some(({ name }) => name.endsWith(".vcf")));
          assert.match(Buffer.from(card.files[0].data, "base64").toString(), /TEL:\+49 170 5551212/);
        });

        await step("has one contact for one person, and takes that back when asked", async () => {
          await shop.post({ chat: { id: "lea-2" }, sender: { ...lea, id: "kunde-12", name: "L. Sommer" }, text: "Ich komme um fünf." });
          if (mailbox) await system.post({ chat: { id: "m-7" }, sender: miriam, text: "Der Termin steht." });
          await networks.suggestion(anna, "Lea Sommer", t);
          if (mailbox) await networks.suggestion(anna, "M. Hoffmann", t);
          await looking("contacts");
          await networks.mergeAndUndo(anna, "Lea Sommer", t);
          if (mailbox) await networks.mergeAndUndo(anna, "M. Hoffmann", t);
          const row = await networks.openChat(anna, /Lea Sommer/, t);
          if (view === "wide") assert.equal(await row.count(), 1, "one line for one person");
          await anna.page.getByRole("log").getByText("Ich komme um fünf.").waitFor();
          await anna.page.getByRole("log").getByText("Hallo! Ist mein").waitFor();
        });

        await step("changes the network in the middle of a conversation", async () => {
          if (!mailbox) return;
          await networks.openChat(anna, /Miriam Hoffmann/, t);
          await anna.page.getByRole("log").getByText("Der Termin steht.").waitFor();
          await anna.page.getByRole("log").getByText("Bitte schicken Sie mir").waitFor();
          await looking("merged");
          await networks.writeVia(anna, /API/, "Danke, ich bin da.", t);
          await system.waitFor((event) => event.text === "Danke, ich bin da." && event.chat.id === "m-7");
          await networks.writeVia(anna, new RegExp(t("network.email")), "Der Befund folgt per Post.", t);
          await mailbox.sent.waitFor((mail) => mail.to.includes(correspondent.address) && mail.data.includes("Der Befund folgt per Post."));
          await looking("switched");
          if (view === "wide") {
            await anna.page.getByRole("button", { name: t("details.title"), exact: true }).first().click();
            await anna.page.getByRole("heading", { name: t("contacts.knownAs") }).waitFor();
            await looking("details");
          }
        });

        await step("opens a new way to somebody and keeps all in one", async () => {
          if (!mailbox) return;
          await system.post({ chat: { id: "omar" }, sender: { id: "omar", name: "Omar Haddad", handles: ["mailto:omar@kurier.test"] }, text: "Wo soll das Paket hin?" });
          await networks.openChat(anna, /Omar Haddad/, t);
          await networks.writeVia(anna, new RegExp(t("network.email")), "Bitte an die Hintertür.", t);
          await mailbox.sent.waitFor((mail) => mail.to.includes("omar@kurier.test") && mail.data.includes("an die Hintert"));
          await anna.page.getByRole("log").getByText("Wo soll das Paket hin?").waitFor();
          await looking("new-way");
        });

        await step("goes back through all networks of a person in the right order", async () => {
          const count = 60;
          for (let n = 1; n <= count; n += 1) {
            const [by, chat, sender] = n % 3 === 0 ? [shop, { id: "lea-2" }, { ...lea, id: "kunde-12", name: "L. Sommer" }] : [system, { id: "lea" }, lea];
            await by.post({ chat, sender, text: `Zeile ${n}.`, at: Date.now() });
          }
          const tablet = await person(browser, { name: "tablet", language, view, scheme });
          await tablet.page.goto(server.url);
          await tablet.page.getByLabel(t("field.username"), { exact: true }).fill("anna");
          await tablet.page.getByLabel(t("field.password"), { exact: true }).fill(steps.password);
          await tablet.page.getByRole("button", { name: t("signIn.submit"), exact: true }).click();
          await networks.openChat(tablet, /Lea Sommer/, t);
          const lines = await networks.readToTop(tablet, "Hallo! Ist mein");
          const numbers = lines.flatMap((line) => /Zeile (\d+)\./.exec(line)?.[1] ?? []).map(Number);
          assert.deepEqual(numbers, Array.from({ length: count }, (_, index) => index + 1), "every message once, in the order of time");
          assert.deepEqual(tablet.complaints, []);
          await tablet.context.close();
        });

        await step("starts a chat with a number", async () => {
          await networks.startChat(anna, "+49 171 9876543", "API", t, looking);
          await steps.say(anna, "Guten Tag, Ihre Lieferung ist unterwegs.", t);
          await system.waitFor((event) => event.text?.includes("Lieferung")).catch(() => shop.waitFor((event) => event.text?.includes("Lieferung"), 2000));
        });

        await step("shows an account with all there is to know", async () => {
          await anna.page.evaluate(() => (window.location.hash = "#/accounts"));
          await looking("accounts");
          await anna.page.getByRole("button", { name: t("accounts.settings", { name: workshop }) }).click();
          await anna.page.getByRole("heading", { name: workshop, level: 1 }).waitFor();
          await anna.page.getByLabel(t("hook.url"), { exact: true }).waitFor();
          await looking("account");
        });

        assert.deepEqual(anna.complaints, [], "nothing crashed and nothing broke the content policy");
      } catch (error) {
        await failurePicture([anna], `n-${language}-${view}`);
        console.error(server.log());
        throw error;
      } finally {
        await browser.close();
        await mailbox?.stop();
        await providers?.stop();
        await system.stop();
        await shop.stop();
        await server.stop();
      }
    });
  }
}
