// The sample shop: its words, its shelf, and the chat of the site that the address names.
"use strict";

const words = {
  en: {
    skip: "Skip to content",
    languages: "Language",
    title: "Tea and coffee, from people we know.",
    bare: "This is a sample shop, for trying out the chat of your own site.",
    lead: "This is a sample shop. The bubble at the bottom is the real chat of your site: write something, and answer in your app.",
    ask: "Ask us something",
    howTitle: "There is no chat on this page yet",
    how1: "In the app, open Accounts and add a website chat. Any address will do for a try.",
    how2: "Open the settings of the new account. “Try it out” leads back to this page, with your chat.",
    how3: "If you like it, copy the line for your own pages from the same place.",
    shelf: "On our shelves",
    footer: "A sample shop. Nothing can be bought here, and nobody has made this tea.",
    goods: [["Morning Mist", "Green tea, 100 g · €8.90"], ["Old Harbour", "Black tea, 100 g · €7.50"], ["House Roast", "Coffee, 250 g · €9.80"], ["Garden Gate", "Herbs, 60 g · €6.20"]],
  },
  de: {
    skip: "Zum Inhalt",
    languages: "Sprache",
    title: "Tee und Kaffee von Leuten, die wir kennen.",
    bare: "Dies ist ein Beispielladen, um den Chat deiner eigenen Website auszuprobieren.",
    lead: "Dies ist ein Beispielladen. Die Blase unten ist der echte Chat deiner Website: Schreib etwas und antworte in deiner App.",
    ask: "Fragen Sie uns etwas",
    howTitle: "Auf dieser Seite ist noch kein Chat",
    how1: "Öffne in der App die Konten und füge einen Website-Chat hinzu. Zum Probieren genügt jede Adresse.",
    how2: "Öffne die Einstellungen des neuen Kontos. „Ausprobieren“ führt auf diese Seite zurück, mit deinem Chat.",
    how3: "Gefällt er dir, kopiere dort auch die Zeile für deine eigenen Seiten.",
    shelf: "In unseren Regalen",
    footer: "Ein Beispielladen. Hier gibt es nichts zu kaufen, und diesen Tee hat niemand gemacht.",
    goods: [["Morgennebel", "Grüner Tee, 100 g · 8,90 €"], ["Alter Hafen", "Schwarzer Tee, 100 g · 7,50 €"], ["Hausröstung", "Kaffee, 250 g · 9,80 €"], ["Gartentor", "Kräuter, 60 g · 6,20 €"]],
  },
};

const query = new URLSearchParams(location.search);
const language = /^de/i.test(query.get("lang") ?? navigator.language) ? "de" : "en";
const site = query.get("site") ?? "";
const spoken = words[language];

document.documentElement.lang = language;
for (const element of document.querySelectorAll("[data-t]")) element.textContent = spoken[element.dataset.t];
for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", spoken[element.dataset.label]);
for (const link of document.querySelectorAll("nav a")) {
  const there = new URLSearchParams(query);
  there.set("lang", link.lang);
  link.search = there.toString();
  if (link.lang === language) link.setAttribute("aria-current", "true");
}

const leaves = ["#7f9f6a", "#b5673f", "#7a5236", "#b79a45"];
spoken.goods.forEach(([name, about], at) => {
  const item = document.createElement("li");
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 120 60");
  picture.setAttribute("aria-hidden", "true");
  for (const turn of [-35, 0, 35]) {
    const leaf = document.createElementNS("http://www.w3.org/2000/svg", "path");
    leaf.setAttribute("d", "M60 56C44 44 44 20 60 6c16 14 16 38 0 50z");
    leaf.setAttribute("fill", leaves[at % leaves.length]);
    leaf.setAttribute("opacity", turn === 0 ? "1" : "0.6");
    leaf.setAttribute("transform", `rotate(${turn} 60 56)`);
    picture.append(leaf);
  }
  const title = document.createElement("h3");
  title.textContent = name;
  const price = document.createElement("p");
  price.textContent = about;
  item.append(picture, title, price);
  document.getElementById("shelf").append(item);
});

// A site's number is all that the script may be told: whatever else stands in the address stays there.
const known = /^[0-9a-f]{16,64}$/.test(site);
document.getElementById("note").hidden = known;
if (!known) document.querySelector("[data-t=lead]").textContent = spoken.bare;
const ask = document.getElementById("ask");
ask.hidden = !known;
if (known) {
  const address = "/_unisono/chat.js";
  const policy = window.trustedTypes?.createPolicy("demo", { createScriptURL: (url) => (url === address ? url : "") });
  const script = document.createElement("script");
  script.src = policy ? policy.createScriptURL(address) : address;
  script.dataset.site = site;
  script.async = true;
  document.body.append(script);
  ask.addEventListener("click", () => window.unisono?.open?.());
}
