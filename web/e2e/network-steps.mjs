// What somebody does with networks and contacts, one function a step.
import assert from "node:assert/strict";

const go = async ({ page }, hash) => page.evaluate((next) => (window.location.hash = next), hash);

export async function openCatalogue(person, t) {
  await go(person, "#/accounts");
  await person.page.getByRole("heading", { name: t("accounts.title"), exact: true }).waitFor();
  await go(person, "#/accounts/new");
  await person.page.getByRole("search").getByLabel(t("wizard.search")).waitFor();
}

/** Connects a system of one's own by the generic API, as its guide says. */
export async function attach(person, system, name, t, looking = async () => undefined) {
  const { page } = person;
  await openCatalogue(person, t);
  await looking("catalogue");
  await page.getByLabel(t("wizard.search")).fill("api");
  await page.getByRole("button", { name: /API/ }).first().click();
  await page.locator("input[name=name]").fill(name);
  await page.locator("input[name=url]").fill(system.url);
  await page.locator("input[name=secret]").fill(system.secret);
  await looking("guide");
  await page.getByRole("button", { name: t("wizard.connect") }).click();
  await page.getByRole("heading", { name: t("wizard.done") }).waitFor({ timeout: 30_000 });
  const address = page.getByLabel(t("hook.url"), { exact: true });
  await address.waitFor();
  await looking("connected");
  system.hook = await address.inputValue();
  assert.match(system.hook, /^http:\/\/127\.0\.0\.1:\d+\/.+/, "the address is one that the other side can reach");
}

export async function suggestion(person, name, t) {
  await go(person, "#/contacts");
  const card = person.page.getByRole("region", { name: t("contacts.samePerson") }).getByRole("article").filter({ hasText: name }).first();
  await card.waitFor({ timeout: 30_000 });
  return card;
}

/** Merges a suggestion, takes that back, and merges it again. */
export async function mergeAndUndo(person, name, t) {
  const { page } = person;
  const merge = async () => {
    const card = await suggestion(person, name, t);
    await card.getByRole("button", { name: t("contacts.merge"), exact: true }).click();
    await card.waitFor({ state: "detached" });
  };
  await merge();
  await page.getByRole("button", { name: t("action.undo") }).last().click();
  await merge();
}

export async function writeVia(person, network, text, t) {
  const { page } = person;
  await page.getByRole("button", { name: new RegExp(t("way.label", { network: "(.*)", detail: "(.*)" }).replace(/\(\.\*\)/g, ".*")) }).click();
  await page.getByRole("menuitemcheckbox", { name: network }).first().click();
  const box = page.getByRole("textbox", { name: new RegExp(`${t("composer.message")}|${t("composer.mail")}`) });
  await box.fill(text);
  await page.getByRole("button", { name: t("composer.send") }).click();
  await page.getByRole("log").getByText(text).waitFor();
}

export async function startChat(person, handle, network, t, looking = async () => undefined) {
  const { page } = person;
  await go(person, "#/chats");
  await page.getByRole("button", { name: t("newChat.title") }).first().click();
  await page.getByLabel(t("newChat.whom")).fill(handle);
  const way = page.getByRole("dialog").getByRole("button", { name: new RegExp(network) }).first();
  await way.waitFor();
  await looking("start");
  await way.click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

export async function openChat(person, name, t) {
  const { page } = person;
  await go(person, "#/chats");
  const row = page.getByRole("navigation", { name: t("chats.title") }).getByRole("link", { name });
  await row.first().click({ timeout: 30_000 });
  return row;
}

/** Scrolls up until a text is there; gives all messages that are shown then. */
export async function readToTop({ page }, text) {
  const log = page.getByRole("log");
  await log.getByRole("article").first().waitFor();
  for (let tries = 0; tries < 60 && (await log.getByText(text).count()) === 0; tries += 1) {
    await log.evaluate((box) => box.scrollTo(0, -box.scrollHeight));
    await page.waitForTimeout(150);
  }
  return log.getByRole("article").allInnerTexts();
}
