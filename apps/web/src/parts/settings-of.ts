import { toJson } from "@trainer/platform/browser";
import { optionFacts, snake, TrainOptions } from "@trainer/options";

/** An option of a training and what a run has for it. */
export interface Setting {
  readonly name: string;
  readonly group: string;
  readonly help: string;
  readonly value: unknown;
  readonly preset: unknown;
  readonly differs: boolean;
}

const OTHER = "Other";

/** What the service itself fills in: where a text lies, and the run's name. */
const NOT_CHOSEN: ReadonlySet<string> = new Set(["run_id", "user_id", "corpus", "corpus_path", "corpus_paths"]);

/** A run's settings by the names of requests, in the order of the options; what is no option any more at the end. */
export function settingsOf(config: Readonly<Record<string, unknown>>): Setting[] {
  const options = Object.entries(TrainOptions.shape).map(([key, option]) => [snake(key), optionFacts(option)] as const);
  const names = new Set(options.map(([name]) => name));
  const known = options
    .filter(([name]) => name in config && !NOT_CHOSEN.has(name))
    .map(([name, { group = OTHER, description: help, default: preset }]) => {
      const value = config[name];
      return { name, group, help, value, preset, differs: shown(value) !== shown(preset) };
    });
  const others = Object.entries(config)
    .filter(([name]) => !names.has(name) && !NOT_CHOSEN.has(name))
    .map(([name, value]) => ({ name, group: OTHER, help: "", value, preset: undefined, differs: false }));
  return [...known, ...others];
}

/** The value of a setting in words. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "left out";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(shown).join(", ");
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([name, each]) => `${name} ${shown(each)}`);
    return entries.length === 0 ? "none" : entries.join(", ");
  }
  return typeof value === "string" ? value : toJson(value);
}
