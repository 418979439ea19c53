import type { OptionSpec } from "../framework/option-spec.js";
import { shellWord } from "../process/home-flag.js";

/** An option with its value as words of a shell; of a list one for each. */
export function typedOption({ flag }: Pick<OptionSpec, "flag">, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((each: unknown) => [`--${flag}`, shellWord(String(each))]);
  if (typeof value === "boolean") return [value ? `--${flag}` : `--no-${flag}`];
  return [`--${flag} ${shellWord(String(value))}`];
}
