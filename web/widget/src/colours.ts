// The site's colour, fitted to light and dark so that every text on it can be read (WCAG 2.2, 1.4.3).

type Rgb = [number, number, number];

const read = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb;
const write = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

export function mix(one: string, other: string, share: number): string {
  const [a, b] = [read(one), read(other)];
  return write(a.map((part, at) => part * share + (b[at] ?? 0) * (1 - share)) as Rgb);
}

function luminance(hex: string): number {
  const [r, g, b] = read(hex).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour, moved towards black or white until it can be read on a ground. */
export function legible(colour: string, ground: string, wanted = 4.5): string {
  const towards = luminance(ground) > 0.4 ? "#000000" : "#ffffff";
  let share = 1;
  let now = colour;
  while (contrast(now, ground) < wanted && share > 0) {
    share -= 0.05;
    now = mix(colour, towards, share);
  }
  return now;
}

export const onto = (ground: string): string => (contrast("#ffffff", ground) >= 4.5 ? "#ffffff" : "#0c1514");

const grounds = { light: "#ffffff", dark: "#151e1d" };

/** Custom properties of a scheme. */
export function palette(colour: string, scheme: "light" | "dark"): string {
  const ground = grounds[scheme];
  const own = mix(colour, ground, scheme === "light" ? 0.16 : 0.32);
  const ink = legible(colour, ground);
  const values = { accent: colour, "on-accent": onto(colour), ink, own, "own-text": legible(scheme === "light" ? "#16211f" : "#e4ecea", own, 7), read: legible(ink, own) };
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}
