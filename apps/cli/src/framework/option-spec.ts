import { optionFacts, type OptionFacts, type OptionKind } from "@trainer/options";
import { z } from "zod";

/** A command-line option as a schema's field describes it. */
export interface OptionSpec extends Pick<
  OptionFacts,
  "kind" | "choices" | "default" | "required" | "description" | "auto" | "group"
> {
  /** The field's name, as the schema has it. */
  readonly key: string;
  /** The option's name without dashes: nEmbd -> n-embd. */
  readonly flag: string;
  /** Another name of it: what requests call it, where the flag is shorter. */
  readonly alias: string | undefined;
  /** Allowed values in words: "a whole number from 1 to 1024". */
  readonly allowed: string;
  /** The same in short, for lists of options: "1 to 1024", "from 0", "below 1"; empty where anything goes. */
  readonly range: string;
  /** Help of --no-…. */
  readonly negated: string;
}

/** An object schema whose fields can be set from the command line. */
export type OptionSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

/** One option for each field of an object schema that is no table, in its order. */
export const optionSpecs = (schema: OptionSchema): OptionSpec[] =>
  Object.entries(schema.shape).flatMap(([key, option]) => {
    if (isTable(option)) return [];
    const facts = optionFacts(option);
    const { kind, choices, words, default: preset, required, description, auto, group, negated, flag } = facts;
    const range = [rangeOf(facts), ...words].filter(Boolean).join(", or ");
    const spec: OptionSpec = {
      key,
      flag: flag ?? kebab(key),
      alias: flag === undefined ? undefined : kebab(key),
      kind,
      description,
      auto,
      group,
      choices,
      allowed: allowed(kind, choices, range),
      range,
      default: preset,
      required,
      negated: negated ?? description,
    };
    return [spec];
  });

/** What cannot be typed, and stands in a file alone. */
const isTable = (option: z.ZodType): boolean =>
  (option instanceof z.ZodDefault ? option.unwrap() : option) instanceof z.ZodRecord;

/** nEmbd -> n-embd, testSplitRatio -> test-split-ratio. */
export const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function allowed(kind: OptionKind, choices: readonly string[], range: string): string {
  if (choices.length > 0) return `one of: ${choices.join(", ")}`;
  if (kind !== "integer" && kind !== "number") return "text";
  return [kind === "integer" ? "a whole number" : "a number", range].filter(Boolean).join(" ");
}

function rangeOf({ minimum, maximum, above, below }: OptionFacts): string {
  return [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(" ");
}
