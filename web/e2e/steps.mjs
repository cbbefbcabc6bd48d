// What a newcomer does, one function a step. All names are the ones on the screen.
import assert from "node:assert/strict";
import { correspondent } from "./mailbox.mjs";

export const password = "ein-gutes-Passwort-7";

const open = (page) => page.getByRole("heading", { name: /.*/, level: 1 }).first();

export async function setUp({ page }, server, t) {
  await page.goto(server.setupUrl);
  await page.getByLabel(t("field.name"), { exact: true }).fill("Anna Berg");
  const username = page.getByLabel(t("field.username"), { exact: true });
  assert.equal(await username.inputValue(), "anna.berg", "the login is proposed from the name");
  await username.fill("anna");
  await page.getByLabel(t("field.password"), { exact: true }).fill(password);
}

export async function enter({ page }, t) {
  await page.getByRole("button", { name: t("setup.submit") }).click();
  await page.getByRole("heading", { name: t("chats.title"), exact: true }).waitFor();
  await open(page).waitFor();
}

export async function addMailbox({ page }, mailbox, known, t) {
  await page.getByRole("button", { name: t("accounts.add") }).first().click();
  await page.getByRole("button", { name: /^E-?mail/i }).click();
  await page.locator("input[name=email]").fill(mailbox.address);
  await page.locator("input[name=password]").fill(mailbox.password);
  await page.getByRole("button", { name: t("wizard.connect") }).click();
  // A mailbox in a test network is not found by itself: the servers are asked for.
  const manual = page.locator("input[name=imap_host]");
  await manual.or(page.getByRole("heading", { name: t("wizard.done") })).first().waitFor({ timeout: 60_000 });
  if (known) assert.ok(!(await manual.isVisible()), "address and password are enough");
  if (!(await manual.isVisible())) return;
  assert.equal(await page.locator("input[name=password]").inputValue(), mailbox.password, "the password is not asked for twice");
  await manual.fill(mailbox.imap.host);
  await page.locator("input[name=imap_port]").fill(String(mailbox.imap.port));
  await page.locator("select[name=imap_security]").selectOption("none");
  await page.locator("input[name=smtp_host]").fill(mailbox.smtp.host);
  await page.locator("input[name=smtp_port]").fill(String(mailbox.smtp.port));
  await page.locator("select[name=smtp_security]").selectOption("none");
}

export async function finishMailbox({ page }, t) {
  const connect = page.getByRole("button", { name: t("wizard.connect") });
  if (await connect.isVisible()) await connect.click();
  await page.getByRole("heading", { name: t("wizard.done") }).waitFor({ timeout: 60_000 });
}

export async function openMail({ page }, t) {
  await page.getByRole("button", { name: t("wizard.toChats") }).click();
  await page.getByRole("link", { name: new RegExp(correspondent.name) }).first().click({ timeout: 60_000 });
  await page.getByRole("log").getByText("Bitte schicken Sie mir").waitFor();
}

export async function answerMail({ page }, t, text) {
  await page.getByTestId("file-input").setInputFiles({ name: "Befund.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n% ein Befund\n%%EOF\n") });
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Befund.pdf").waitFor();
  await dialog.getByLabel(t("attach.caption")).fill(text);
  await dialog.getByRole("button", { name: t("composer.send") }).click();
  await page.getByRole("img", { name: t("fate.sent"), exact: true }).first().waitFor({ timeout: 60_000 });
}

/** The mail that left: a proper answer in the thread, with the file. */
export function checkMail(mail, text) {
  const head = mail.data.split("\r\n\r\n")[0].replace(/\r\n\s+/g, " ");
  assert.match(head, /^In-Reply-To: <termin-1@klinik\.test>/im);
  assert.match(head, /^References: .*<termin-1@klinik\.test>/im);
  assert.match(head, /^From: .*anna@mail\.test/im);
  assert.match(mail.data, /filename\*?=[^\r\n]*Befund\.pdf/i);
  assert.ok(mail.data.includes(text), "the words are in the mail");
}

/** A mail as it was designed, in a frame that runs nothing; its pictures only when they are asked for. */
export async function showOriginal({ page }, pictures, t) {
  await page.getByRole("link", { name: /Stadtwerke/ }).click();
  await page.getByRole("button", { name: t("mail.original") }).click();
  await page.frameLocator("iframe").getByRole("heading", { name: "Ihre Rechnung" }).waitFor();
  if (!pictures) return;
  assert.equal(pictures.asked(), 0, "no picture is fetched before somebody asks for it");
  await page.getByRole("button", { name: t("mail.loadImages") }).click();
  const picture = page.frameLocator("iframe").getByRole("img", { name: "Logo der Stadtwerke" });
  await picture.waitFor();
  await assertShown(picture);
  assert.ok(pictures.asked() > 0, "the picture comes from its own server");
}

/** Loaded and drawn, not only named in the page. */
async function assertShown(picture) {
  const width = await picture.evaluate((image) => image.decode().then(() => image.naturalWidth, () => 0));
  assert.ok(width > 0, "the picture is drawn");
}

export async function makeInvite({ page }, t) {
  await page.getByRole("button", { name: t("newChat.title") }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("tab", { name: t("invites.title") }).click();
  const link = dialog.getByLabel(t("invites.link"));
  await dialog.getByRole("img", { name: t("invites.qr") }).waitFor();
  return link.inputValue();
}

export async function followInvite({ page }, link, t) {
  await page.goto(link);
  await page.getByRole("heading", { name: t("invite.title", { name: "Anna Berg" }) }).waitFor();
  await page.getByLabel(t("field.name"), { exact: true }).fill("Ben Okafor");
  await page.getByLabel(t("field.username"), { exact: true }).fill("ben");
  await page.getByLabel(t("field.password"), { exact: true }).fill(password);
}

export async function register({ page }, t) {
  await page.getByRole("button", { name: t("register.submit") }).click();
  await page.getByRole("heading", { name: "Anna Berg", level: 2 }).waitFor({ timeout: 60_000 });
  await page.getByText(t("privacy.encrypted")).waitFor();
}

export async function say({ page }, text, t) {
  await page.getByRole("textbox", { name: t("composer.message") }).fill(text);
  await page.getByRole("button", { name: t("composer.send") }).click();
}

export async function hear({ page }, text) {
  await page.getByRole("log").getByText(text).waitFor({ timeout: 60_000 });
}

/** On a phone a chat covers the list. */
export async function backToList({ page }, t) {
  const back = page.getByRole("button", { name: t("action.back") });
  if (await back.isVisible()) await back.click();
}

/** What the server has of the open chat: types and bodies, as anybody who runs it could see. */
export function wireEvents({ page }) {
  return page.evaluate(async () => {
    const { accessToken } = JSON.parse(localStorage.getItem("unisono.session"));
    const room = decodeURIComponent(location.hash.split("/")[2]);
    const answer = await fetch(`/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=100`, { headers: { Authorization: `Bearer ${accessToken}` } });
    const { chunk } = await answer.json();
    return chunk.map(({ type, content }) => ({ type, body: content.body ?? null, algorithm: content.algorithm ?? null }));
  });
}
