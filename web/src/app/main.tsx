import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyTheme } from "@/lib/theme";
import "@/ui/tokens.css";
import "@/ui/base.css";
import { App } from "./App";

applyTheme();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
