import { useEffect, useState } from "react";

/** Colours that CSS variables hold in the theme of now, as a canvas takes them. */
export class Palette {
  readonly #known = new Map<string, string>();
  readonly #probe = document.createElement("span");

  constructor() {
    this.#probe.hidden = true;
  }

  of(variable: string): string {
    const known = this.#known.get(variable);
    if (known !== undefined) return known;
    this.#probe.style.color = `var(${variable})`;
    document.body.append(this.#probe);
    const { color } = getComputedStyle(this.#probe);
    this.#probe.remove();
    this.#known.set(variable, color);
    return color;
  }

  /** Forgets all: the theme has changed. */
  clear(): void {
    this.#known.clear();
  }
}

/** Counts the changes of the theme, by the reader or by the system. */
export function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const change = () => setChanges((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    document.addEventListener("themechange", change);
    system.addEventListener("change", change);
    return () => {
      document.removeEventListener("themechange", change);
      system.removeEventListener("change", change);
    };
  }, []);
  return changes;
}
