// What is inside a message: words, a picture, a film, a file.
import { el, icon } from "./dom";
import { plain, rich } from "./rich";
import type { Message, SentFile } from "./types";
import { size, t } from "./words";

const LONGEST = 240;

/** One line that stands for a message. */
export function preview(message: Message | undefined): string {
  if (!message) return "";
  return (message.text || message.file?.name || "").replace(/\s+/g, " ").slice(0, 120);
}

/** A picture that speaks for itself fills its bubble. */
export const isPicture = ({ file: sent, local }: Message): boolean => sent?.kind === "image" && (local !== undefined || /^image\/(png|jpeg|gif|webp)$/.test(sent.mime ?? ""));

export function body(message: Message, base: string): (Element | string)[] {
  const words = message.rich ? rich(message.rich) : plain(message.text);
  if (!message.file) return words;
  const href = message.file.url ? new URL(message.file.url, base).href : (message.local ?? "");
  const shown = isPicture(message) ? picture(message.file, href, message.local) : file(message.file, href);
  return message.text ? [shown, el("div", { class: "caption" }, ...words)] : [shown];
}

function file(sent: SentFile, href: string): Element {
  if (sent.kind === "video" && href) return el("video", { src: href, controls: true, preload: "metadata", "aria-label": sent.name });
  if (sent.kind === "audio" && href) return el("audio", { src: href, controls: true, preload: "metadata", "aria-label": sent.name });
  const about = el("span", {}, el("span", { class: "quiet" }, `${t("file")}: `), el("b", {}, sent.name), sent.size ? el("small", {}, size(sent.size)) : null);
  if (!href) return el("span", { class: "filed" }, icon("file"), about);
  return el("a", { class: "filed", href, download: sent.name, target: "_blank", rel: "noopener" }, icon("file"), about);
}

/** Its place is kept while it loads, so that nothing jumps. */
function picture(sent: SentFile, href: string, local: string | undefined): Element {
  const [w, h] = [sent.w || LONGEST, sent.h || (LONGEST * 3) / 4];
  const scale = Math.min(1, LONGEST / w, LONGEST / h);
  const image = el("img", { src: local ?? href, alt: t("picture", { name: sent.name }), loading: "lazy" });
  const frame = el("a", { class: "picture", href: href || undefined, target: "_blank", rel: "noopener" }, image);
  frame.style.width = `${Math.max(80, Math.round(w * scale))}px`;
  frame.style.aspectRatio = `${w} / ${h}`;
  return frame;
}
