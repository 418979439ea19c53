import { ShownSetting, type SettingSource } from "@trainer/platform";
import { z } from "zod";
import type { Io } from "../process/io.js";
import type { ServedSetting } from "./served-settings.js";

/** Variable by which `trainer serve` tells its API what its settings are and where they come from. */
const SHOWN = "TRAINER_SHOWN_SETTINGS";

const List = z.array(ShownSetting);

/** Settings as they may be shown, with those that the command `by` puts in the place of some. */
export const shownSettings = (
  sources: readonly SettingSource[],
  served: readonly ServedSetting[] = [],
  by = "trainer serve",
): ShownSetting[] => {
  const others = new Map(served.map((each) => [each.name, each]));
  return List.parse(
    sources.map(({ env: [name], toml, value, source }) => {
      const other = others.get(String(name));
      return other === undefined
        ? { name, toml, value, source }
        : { name, toml, value: other.value, source: `${by}: ${other.why}` };
    }),
  );
};

/** Environment in which a process is told these settings. */
export const tellSettings = (settings: readonly ShownSetting[]): Io["env"] => ({ [SHOWN]: JSON.stringify(settings) });

/** The settings that this process was told; null where it was not. */
export function toldSettings(env: Io["env"]): readonly ShownSetting[] | null {
  try {
    return List.parse(JSON.parse(env[SHOWN] ?? ""));
  } catch {
    return null;
  }
}
