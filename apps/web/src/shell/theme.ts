import { z } from "zod";

export const themes = ["system", "light", "dark"] as const;
export const Theme = z.enum(themes).catch("system");
export type Theme = z.output<typeof Theme>;

const NAME = "trainer.theme";

/** The theme that was chosen in this browser; that of the system where none was, or where nothing can be stored. */
export function storedTheme(): Theme {
  try {
    return Theme.parse(localStorage.getItem(NAME));
  } catch {
    return "system";
  }
}

/** Shows the pages in a theme. */
export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
}

/** Shows the pages in a theme, from now on. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(NAME, theme);
  } catch {
    // it lasts as long as the page
  }
  document.documentElement.dispatchEvent(new Event("themechange", { bubbles: true })); // canvases draw their colours anew
}
