// What is asked before the chat, if the site asks anything.
import { Refused } from "./api";
import type { Chat } from "./chat";
import { el } from "./dom";
import type { Form } from "./types";
import { spoken, t } from "./words";

const fields = [
  { id: "name", type: "text", autocomplete: "name", wrong: "needed" },
  { id: "email", type: "email", autocomplete: "email", wrong: "wrongEmail" },
  { id: "phone", type: "tel", autocomplete: "tel", wrong: "wrongPhone" },
] as const;

export function formView(chat: Chat, done: () => void): HTMLElement {
  const { ask, greeting } = chat.config;
  const inputs = new Map<string, HTMLInputElement>();
  const wrongs = new Map<string, HTMLElement>();
  const asked = fields.filter(({ id }) => ask[id] !== "no");
  const labels = asked.map(({ id, type, autocomplete }) => {
    const needed = ask[id] === "required";
    const input = el("input", { id, type, autocomplete, name: id, maxlength: "254", "aria-required": String(needed), "aria-describedby": `${id}-wrong` });
    const wrong = el("span", { class: "wrong", id: `${id}-wrong` });
    inputs.set(id, input);
    wrongs.set(id, wrong);
    const caption = el("span", {}, t(id), needed ? null : el("small", {}, ` (${t("optional")})`));
    return el("label", { for: id }, caption, input, wrong);
  });
  const show = (id: string, words: string) => {
    inputs.get(id)?.setAttribute("aria-invalid", String(words !== ""));
    const wrong = wrongs.get(id);
    if (wrong) wrong.textContent = words;
    if (words) inputs.get(id)?.focus();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const form: Form = {};
    asked.forEach(({ id }) => show(id, ""));
    for (const { id, wrong } of asked.slice().reverse()) {
      const value = inputs.get(id)?.value.trim() ?? "";
      if (value) form[id] = value;
      if (!value && ask[id] === "required") show(id, t("needed"));
      else if (id === "email" && value && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) show(id, t(wrong));
    }
    if ([...inputs.values()].some((input) => input.getAttribute("aria-invalid") === "true")) return;
    try {
      await chat.introduce(form);
      done();
    } catch (error) {
      const field = error instanceof Refused ? error.field : null;
      const known = fields.find(({ id }) => id === field);
      if (known) show(known.id, t(known.wrong));
      else show(asked[0]?.id ?? "", t("rejected"));
    }
  };
  return el(
    "form",
    { class: "form", novalidate: true, onsubmit: (event: Event) => void submit(event) },
    el("p", { class: "lead" }, greeting[spoken()] || t("greeting")),
    el("p", { class: "why" }, t("formLead")),
    ...labels,
    el("button", { class: "begin", type: "submit" }, t("start")),
  );
}
