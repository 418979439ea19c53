import { useState } from "react";
import styles from "./shell.module.css";
import { chooseTheme, storedTheme, Theme, themes } from "./theme.js";

const titles: Readonly<Record<Theme, string>> = { system: "Auto", light: "Light", dark: "Dark" };

/** Chooses light or dark, or leaves it to the system. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  const choose = (name: string) => {
    const chosen = Theme.parse(name);
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return (
    <select className={styles.select} aria-label="Theme" value={theme} onChange={({ target }) => choose(target.value)}>
      {themes.map((each) => (
        <option key={each} value={each}>
          {titles[each]}
        </option>
      ))}
    </select>
  );
}
