// One file that pages of other people load: no module, no import, nothing but itself.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  publicDir: false,
  build: {
    target: "es2020",
    outDir: here("../dist/widget"),
    emptyOutDir: true,
    lib: { entry: here("./src/main.ts"), formats: ["iife"], name: "unisonoChat", fileName: () => "chat.js" },
  },
});
