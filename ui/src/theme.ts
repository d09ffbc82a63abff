/* Light, dark, or as the system is: remembered on this device. */
import { cell } from "./state.ts";

export type Theme = "system" | "light" | "dark";
const KEPT = "hawknest-theme";

function first(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export const theme = cell<Theme>(first());

export function wear(chosen: Theme): void {
  if (chosen === "system") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT, chosen);
    document.documentElement.dataset.theme = chosen;
  }
  theme.set(chosen);
}
