// Approved texts with places to fill in: `{{1}}` or `{{name}}`.
import type { Template } from "@/lib/api/types";
import { t } from "@/lib/i18n";

export type TemplatePiece = { text: string } | { parameter: string };

/** The text in pieces: words, and the places that are filled in. */
export function piecesOf(body: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let at = 0;
  for (const match of body.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)) {
    if (match.index > at) pieces.push({ text: body.slice(at, match.index) });
    pieces.push({ parameter: match[1]! });
    at = match.index + match[0].length;
  }
  if (at < body.length) pieces.push({ text: body.slice(at) });
  return pieces;
}

/** The names of the places, in the vendor's order; as the texts name them where the vendor does not list them. */
export function parametersOf(template: Template): string[] {
  if (template.parameters.length > 0) return template.parameters;
  const named = [template.header ?? "", template.body].flatMap((text) => piecesOf(text).flatMap((piece) => ("parameter" in piece ? [piece.parameter] : [])));
  return [...new Set(named)];
}

/** What a place is called: numbers and the vendor's own words say little. */
export function placeLabel(name: string): string {
  const [, part, more] = /^(header|button)\.(.+)$/.exec(name) ?? [];
  if (part === "button") return t("templates.button", { n: Number(more) || 1 });
  if (part === "header") return t(/^\d+$/.test(more!) ? "templates.header" : "templates.file");
  return /^\d+$/.test(name) ? t("templates.place", { n: Number(name) }) : name.replaceAll("_", " ");
}

export function fillIn(text: string, values: Record<string, string>): string {
  return piecesOf(text)
    .map((piece) => ("text" in piece ? piece.text : values[piece.parameter]?.trim() || `{{${piece.parameter}}}`))
    .join("");
}

/** The message that sends a template: in words for every client, and by name for the network. */
export function templateContent(template: Template, values: Record<string, string>): Record<string, unknown> {
  const words = [template.header, template.body, template.footer].filter((part): part is string => Boolean(part));
  return {
    msgtype: "m.text",
    body: words.map((part) => fillIn(part, values)).join("\n\n"),
    "org.unisono.template": {
      name: template.name,
      language: template.language,
      parameters: parametersOf(template).map((name) => values[name]?.trim() ?? ""),
    },
  };
}
