// Building elements. No HTML as text anywhere: it works under Trusted Types, and nobody's words
// become markup.

type Child = Element | string | null | false | undefined;
type Props = Record<string, string | boolean | number | null | undefined | ((event: never) => void)>;

/** An element with attributes, `on...` listeners and children. */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, props);
  for (const child of children) if (child) element.append(child);
  return element;
}

export function set(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as unknown as EventListener);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

const NS = "http://www.w3.org/2000/svg";

/** Strokes on a field of 24 by 24. */
const shapes = {
  chat: "M21 11.5a8.4 8.4 0 0 1-8.6 8.3 9 9 0 0 1-3.6-.7L3 21l1.9-5.3a8 8 0 0 1-1.1-4.2 8.4 8.4 0 0 1 8.6-8.3 8.4 8.4 0 0 1 8.6 8.3z",
  close: "M18 6 6 18M6 6l12 12",
  down: "m6 9 6 6 6-6",
  send: "M22 2 11 13M22 2l-7 20-4-9-9-4z",
  clip: "m21.4 11.1-9.2 9.2a6 6 0 0 1-8.5-8.5l9.2-9.2a4 4 0 0 1 5.7 5.7l-9.2 9.2a2 2 0 0 1-2.9-2.9l8.5-8.4",
  file: "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zM14 2v6h6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  one: "m5 13 4 4L19 7",
  two: "m2 13 4 4L15 7M11 16l1 1L22 7",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  alert: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5v5M12 16h.01",
};

export type Icon = keyof typeof shapes;

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(NS, "svg");
  const path = document.createElementNS(NS, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: "20", height: "20", fill: "none", stroke: "currentColor", "stroke-width": name === "more" ? "3" : "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" })) svg.setAttribute(key, value);
  path.setAttribute("d", shapes[name]);
  svg.append(path);
  return svg;
}
