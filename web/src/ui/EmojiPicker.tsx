import { Search } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { type Key, language, t } from "@/lib/i18n";
import styles from "./EmojiPicker.module.css";

interface Emoji {
  unicode: string;
  label: string;
  tags?: string[];
  group?: number;
  order?: number;
}

const usual = ["👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "👏"];
const recentKey = "unisono.emoji";
// Group 2 of the data are skin tones and hair: parts, not signs.
const groups: { id: number; name: Key }[] = [
  { id: 0, name: "emoji.smileys" },
  { id: 1, name: "emoji.people" },
  { id: 3, name: "emoji.nature" },
  { id: 4, name: "emoji.food" },
  { id: 5, name: "emoji.travel" },
  { id: 6, name: "emoji.activities" },
  { id: 7, name: "emoji.objects" },
  { id: 8, name: "emoji.symbols" },
  { id: 9, name: "emoji.flags" },
];

const load = () =>
  (language() === "de" ? import("emojibase-data/de/compact.json") : import("emojibase-data/en/compact.json")).then((module) => module.default as unknown as Emoji[]);

function recent(): string[] {
  const stored = localStorage.getItem(recentKey);
  return stored ? stored.split(" ") : [];
}

export default function EmojiPicker({ onPick }: { onPick: (sign: string) => void }) {
  const [all, setAll] = useState<Emoji[]>([]);
  const [query, setQuery] = useState("");
  const [first] = useState(() => [...new Set([...recent(), ...usual])].slice(0, 16));

  useEffect(() => {
    let live = true;
    void load().then((data) => live && setAll(data.filter(({ group }) => group !== undefined && group !== 2).sort((a, b) => (a.order ?? 0) - (b.order ?? 0))));
    return () => {
      live = false;
    };
  }, []);

  const sections = useMemo(() => {
    const word = query.trim().toLowerCase();
    if (word) {
      const found = all.filter(({ label, tags, unicode }) => label.toLowerCase().includes(word) || unicode === word || tags?.some((tag) => tag.toLowerCase().startsWith(word)));
      return [{ name: t("emoji.found", { n: found.length }), signs: found.slice(0, 120) }];
    }
    return groups.map(({ id, name }) => ({ name: t(name), signs: all.filter(({ group }) => group === id) }));
  }, [all, query]);

  function pick(sign: string) {
    localStorage.setItem(recentKey, [...new Set([sign, ...recent()])].slice(0, 16).join(" "));
    onPick(sign);
  }

  return (
    <div className={styles.picker}>
      <div className={styles.search}>
        <Search aria-hidden="true" />
        <input type="search" autoFocus value={query} placeholder={t("emoji.search")} aria-label={t("emoji.search")} onChange={(event) => setQuery(event.target.value)} />
      </div>
      <div className={styles.scroller} tabIndex={-1}>
        {query ? null : (
          <div className={styles.grid}>
            {first.map((sign) => (
              <button key={sign} type="button" onClick={() => pick(sign)} aria-label={sign}>
                {sign}
              </button>
            ))}
          </div>
        )}
        {sections.map(({ name, signs }) => (
          <section key={name} className={styles.section} aria-label={name}>
            <h3>{name}</h3>
            <div className={styles.grid}>
              {signs.map(({ unicode, label }) => (
                <button key={unicode} type="button" title={label} aria-label={label} onClick={() => pick(unicode)}>
                  {unicode}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  );
}
