import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.UNISONO_DEV_SERVER ?? "http://127.0.0.1:8008";
const ours = process.env.UNISONO_DEV_API ?? server;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The crypto's wasm file is found beside its module; pre-bundling would move the module away.
  optimizeDeps: { exclude: ["@matrix-org/matrix-sdk-crypto-wasm"] },
  build: {
    target: "es2022",
    // The policy of the server allows no inline style and no data: script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  server: {
    port: 5173,
    proxy: {
      "/_unisono": { target: ours, changeOrigin: false },
      "/_matrix": { target: server, changeOrigin: false },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "widget/**/*.test.ts"],
    setupFiles: ["./src/app/test-setup.ts"],
    css: false,
  },
});
