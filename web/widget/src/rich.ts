// Formatted text from data. The server gives only elements of its own list; we build only those of ours.
import { el } from "./dom";
import type { Node as TextNode } from "./types";

const known = new Set(["a", "b", "blockquote", "code", "del", "em", "i", "li", "ol", "p", "pre", "s", "strong", "sub", "u", "ul"]);
const address = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

export function link(href: string, ...children: (Element | string)[]): HTMLElement {
  if (!/^(https?:|mailto:|tel:)/i.test(href)) return el("span", {}, ...children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/** A plain text whose addresses can be followed. */
export function plain(text: string): (Element | string)[] {
  const parts: (Element | string)[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    parts.push(text.slice(from, match.index), link(match[0], match[0]));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}

export function rich(nodes: TextNode[], inLink = false): (Element | string)[] {
  return nodes.flatMap((node): (Element | string)[] => {
    if (typeof node === "string") return inLink ? [node] : plain(node);
    const [name, children, href] = node;
    const inner = rich(children, inLink || name === "a");
    if (!known.has(name)) return inner;
    if (name === "a") return [link(href ?? "", ...inner)];
    return [el(name as "b", {}, ...inner)];
  });
}
