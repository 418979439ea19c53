import type { ShownSetting } from "@trainer/platform/browser";
import { useState } from "react";
import { count } from "../../parts/figures.js";
import { Panel } from "../../parts/panel.js";
import { Heads, Table } from "../../parts/table.js";
import styles from "./system.module.css";

const DEFAULT = "default";

/** Every setting of the service, and where it was set. */
export function SettingsPanel({ settings }: { readonly settings: readonly ShownSetting[] }) {
  const [words, setWords] = useState("");
  const [isAll, setIsAll] = useState(false);
  if (settings.length === 0) {
    return (
      <Panel title="Settings">
        <p>This service was started by another program, which has not told its settings.</p>
      </Panel>
    );
  }
  const wanted = words.toLowerCase().split(/\s+/);
  const found = settings.filter((each) => {
    const text = `${each.name} ${each.toml} ${shown(each.value)} ${each.source}`.toLowerCase();
    return (isAll || words !== "" || each.source !== DEFAULT) && wanted.every((word) => text.includes(word));
  });
  return (
    <Panel title="Settings">
      <div className={styles.search}>
        <input
          type="search"
          className={styles.input}
          aria-label="Search settings by name, value or place"
          placeholder="Search"
          value={words}
          onChange={({ target }) => setWords(target.value)}
        />
        <label className={styles.choice}>
          <input type="checkbox" checked={isAll} onChange={({ target }) => setIsAll(target.checked)} />
          Also those at their defaults
        </label>
        <span className={styles.help} role="status">
          {count(found.length)} of {count(settings.length)}
        </span>
      </div>
      {found.length === 0 ? (
        <p>{words === "" ? "All settings are at their defaults." : "No setting has all these words."}</p>
      ) : (
        <div className={styles.settings}>
          <Table label="Settings with their places">
            <Heads of={["Setting", "Value", "Where it comes from"]} />
            <tbody>
              {found.map((each) => (
                <tr key={each.name}>
                  <th scope="row" className={styles.setting} title={`In the file: ${each.toml}`}>
                    <code>{each.name}</code>
                  </th>
                  <td className={styles.value} dir="auto">
                    {shown(each.value)}
                  </td>
                  <td className={styles.source}>{each.source === DEFAULT ? "Default" : each.source}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
      <p className={styles.help}>
        As they were when the service was started: they are changed in the environment, in .env or in config/app.toml,
        and count from the next start on. Passwords and keys are not shown.
      </p>
    </Panel>
  );
}

/** A setting's value in a line. */
function shown(value: ShownSetting["value"]): string {
  if (value === null) return "Its own";
  if (value === "(hidden)") return "Hidden";
  if (value === "") return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  return Array.isArray(value) ? value.join(", ") || "–" : String(value);
}
