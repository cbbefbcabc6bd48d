// Formatted text from other people, made harmless; and addresses in plain text made clickable.
import DOMPurify from "dompurify";

const allowed = {
  ALLOWED_TAGS: ["a", "b", "i", "u", "s", "del", "strong", "em", "code", "pre", "br", "p", "div", "span", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "td", "th", "sub", "sup"],
  ALLOWED_ATTR: ["href", "start", "colspan", "rowspan"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel):/i,
};

export function cleanHtml(html: string): string {
  const fragment = DOMPurify.sanitize(html.replace(/<mx-reply>[\s\S]*?<\/mx-reply>/g, ""), { ...allowed, RETURN_DOM_FRAGMENT: true });
  fragment.querySelectorAll("a").forEach((link) => {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noreferrer noopener");
  });
  const box = document.createElement("div");
  box.append(fragment);
  return box.innerHTML;
}

export type Piece = { text: string; href?: string };

const address = /\b(https?:\/\/[^\s<>"']+|www\.[^\s<>"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/gi;

/** Cuts a text at the addresses in it. Punctuation at the end of an address belongs to the sentence. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(address)) {
    const found = match[0].replace(/[.,;:!?)\]}'"»]+$/, "");
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    const href = found.includes("@") && !found.includes("://") ? `mailto:${found}` : found.startsWith("www.") ? `https://${found}` : found;
    pieces.push({ text: found, href });
    at = match.index + found.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** One to three emoji and nothing else are shown large. */
export function isJumbo(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length > 40 || !/^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\p{RI}|\s)+$/u.test(trimmed) || /^[\d#*\s]+$/.test(trimmed)) return false;
  const count = [...new Intl.Segmenter().segment(trimmed.replace(/\s/g, ""))].length;
  return count > 0 && count <= 3;
}
