import { distance } from "fastest-levenshtein";
import type { Layer, Written } from "./layers.js";

export interface KnownSetting {
  readonly env: readonly string[];
  readonly toml: string;
}

export interface Unknown {
  readonly written: Written;
  /** The setting that may have been meant. */
  readonly nearest: string | null;
}

/**
 * Set names that are no settings. A TOML file holds only settings. The environment is shared: there, names with our
 * groups' prefixes are taken for ours; in `.env`, also those a typo away from one of our names.
 */
export function unknownSettings(layers: readonly Layer[], known: readonly KnownSetting[]): Unknown[] {
  const variables = new Set([...known.flatMap(({ env }) => env), ...OTHERS]);
  const paths = new Set(known.map(({ toml }) => toml));
  const groups = new Set([...variables].filter(isGrouped).map(group));
  const names = { environment: variables, dotenv: variables, toml: paths };
  return layers.flatMap(({ kind, entries }) =>
    entries
      .filter(({ name }) => !names[kind].has(name))
      .map((entry) => ({ written: entry, nearest: nearest(entry.name, names[kind]) }))
      .filter(
        ({ written: { name }, nearest }) =>
          kind === "toml" || (isGrouped(name) && groups.has(group(name))) || (kind === "dotenv" && nearest !== null),
      ),
  );
}

/** Variables that are read elsewhere and look like one of ours. */
const OTHERS = ["APP_CONFIG_FILE"];

const isGrouped = (name: string) => name.includes("__");
const group = (name: string) => name.slice(0, name.indexOf("__"));

function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let fewest = Math.min(3, name.length / 4);
  for (const each of known) {
    const slips = distance(each, name);
    if (slips > fewest) continue;
    best = each;
    fewest = slips;
  }
  return best;
}
