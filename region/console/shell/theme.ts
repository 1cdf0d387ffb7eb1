import { createStore } from "../api/store.ts";

export type Theme = "light" | "dark" | "system";
/** `public/theme.js` reads it before anything is painted. */
const KEY = "rackwright.theme";

export const theme = createStore<Theme>(readTheme());

export function setTheme(next: Theme): void {
  theme.set(next);
  if (next === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEY, next);
  }
}

function readTheme(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}
