import type { ShownSetting } from "@trainer/platform";
import { servedSettings } from "./served-settings.js";
import type { LoadedConfig } from "./settings.js";
import { shownSettings } from "./shown-settings.js";

/** A system that a command starts. */
export interface Here {
  readonly home: string;
  readonly cwd: string;
  readonly pages: string;
  readonly by: "trainer serve" | "trainer ui";
  /** Variables that the command itself has set, each with why. */
  readonly given: Readonly<Record<string, string>>;
}

/** All settings as the parts have them, and where they come from. */
export function settingsHere(loaded: LoadedConfig, { home, cwd, pages, by, given }: Here): ShownSetting[] {
  const sources = loaded.sources.map((each) => {
    const source = given[String(each.env[0])];
    return source === undefined ? each : Object.assign({}, each, { source });
  });
  return shownSettings(sources, servedSettings(loaded, home, cwd, pages), by);
}
