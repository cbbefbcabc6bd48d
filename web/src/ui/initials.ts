// What stands in for a picture: a tone and up to two letters.
const tones = 8;

export function toneOf(seed: string): number {
  let hash = 7;
  for (const char of seed) hash = (hash * 31 + char.codePointAt(0)!) >>> 0;
  return hash % tones;
}

export function initialsOf(name: string): string {
  const words = name.replace(/[^\p{L}\p{N}@ .-]/gu, "").trim().split(/[\s.]+/).filter(Boolean);
  const first = words[0] ?? "?";
  const last = words.length > 1 ? words[words.length - 1]! : "";
  return ([...first][0]! + ([...last][0] ?? "")).toLocaleUpperCase();
}
