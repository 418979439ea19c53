import { dimensions } from "@trainer/models/capabilities";
import { ABOUT_RUN, TrainFlags } from "../flags/train-options.js";
import { typedOption } from "../flags/typed-option.js";
import { optionSpecs } from "../framework/option-spec.js";
import { shellWord } from "../process/home-flag.js";

type Values = Readonly<Record<string, unknown>>;

/** A typed command, and the settings that a plan adds to it. */
export interface Planned {
  readonly words: readonly string[];
  readonly options: Values;
  readonly given: ReadonlySet<string>;
  readonly decided: Values;
  /** Flags that find the same home and plugins. */
  readonly flags: string;
}

/** The command line that trains as a plan has it, with all that was typed for it. */
export function trainCommand({ words, options, given, decided, flags }: Planned): string {
  const values: Values = { ...decided, ...dimensionFlags(decided["modelConfig"]) };
  const typed = optionSpecs(TrainFlags).flatMap((spec) => {
    if (spec.key in values) {
      const value = values[spec.key];
      return value === null || (spec.key === "modelSize" && isOwn(decided)) ? [] : typedOption(spec, value);
    }
    return given.has(spec.key) && !(spec.key in ABOUT_RUN) ? typedOption(spec, options[spec.key]) : [];
  });
  return ["trainer train", ...words.map(shellWord), ...typed].join(" ") + flags;
}

/** True if the dimensions say all that the size would. */
const isOwn = ({ modelConfig }: Values): boolean => Object.keys(dimensionFlags(modelConfig)).length > 1;

/** Dimensions as the flags that set them: all rates of dropout have one. */
function dimensionFlags(config: unknown): Values {
  if (typeof config !== "object" || config === null) return {};
  const entries = Object.entries(config).map(([name, value]: [string, unknown]): [string, unknown] => [
    name in dimensions && !(name in TrainFlags.shape) ? "dropout" : name,
    value,
  ]);
  return Object.fromEntries(entries);
}
