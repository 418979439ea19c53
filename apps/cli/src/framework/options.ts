import { InvalidArgumentError, Option, type Command } from "commander";
import { nearest } from "@trainer/training/options";
import { z } from "zod";
import { UsageError } from "../process/errors.js";
import { optionSpecs, type OptionSchema, type OptionSpec } from "./option-spec.js";

export interface OptionLayout {
  /** Shorter names of options, by field. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Gives a command one option for each field of a schema, checked when it is read. */
export function addOptions(command: Command, schema: OptionSchema, { aliases = {} }: OptionLayout): void {
  for (const spec of optionSpecs(schema)) {
    const other = aliases[spec.key] ?? spec.alias;
    const alias = other === undefined ? "" : `${other.length === 1 ? "-" : "--"}${other}, `;
    for (const option of flagsOf(spec).map(([flags, what]) => new Option(alias + flags, what))) {
      option.attributeName = () => spec.key;
      if (spec.kind === "list") option.argParser(collect());
      else if (spec.kind !== "boolean") option.argParser((text) => read(spec, text, schema.shape[spec.key]));
      if (spec.group !== undefined) option.helpGroup(`${spec.group}:`);
      command.addOption(option);
    }
  }
}

/** A command's options through their schema: defaults filled in, fields checked against each other. */
export function readOptions<S extends OptionSchema>(command: Command, schema: S): z.output<S> {
  const given: Record<string, unknown> = command.opts();
  const known = Object.fromEntries(Object.entries(given).filter(([key]) => key in schema.shape));
  const result = schema.safeParse(known);
  if (result.success) return result.data;
  const specs = new Map(optionSpecs(schema).map((spec) => [spec.key, spec]));
  const problems = result.error.issues.map(({ path, message }) => {
    const spec = specs.get(String(path[0]));
    if (spec === undefined) return message;
    return spec.key in known ? `--${spec.flag}: ${message}` : `--${spec.flag} is required (${spec.allowed})`;
  });
  throw new UsageError(problems.join("\n"));
}

/** The option as it is typed, and of one that may be true, false or neither the two, each with what it means. */
function flagsOf(spec: OptionSpec): readonly (readonly [flags: string, what: string])[] {
  const { flag, kind, default: preset, negated } = spec;
  const what = describe(spec);
  if (kind !== "boolean") return [[typed(spec), what]];
  if (preset === true) return [[`--no-${flag}`, negated]];
  if (preset === false) return [[`--${flag}`, what]];
  return [
    [`--${flag}`, what],
    [`--no-${flag}`, negated],
  ];
}

/** An option with its value's placeholder, as it is typed. */
export const typed = ({ flag, kind, choices }: OptionSpec): string =>
  kind === "boolean" ? `--${flag}` : `--${flag} <${choices.length > 0 ? "name" : PLACEHOLDERS[kind]}>`;

const PLACEHOLDERS = { integer: "n", number: "x", string: "text", list: "text" } as const;

/** The schema's description, what is allowed, and what is taken when the option is left out. */
function describe({ description, auto, kind, choices, range, default: preset, required }: OptionSpec): string {
  const what = auto === undefined ? description : `${description}; auto: ${auto}`;
  const notes = [
    ...(required ? ["required"] : []),
    ...(choices.length > 0 ? [choices.join(", ")] : []),
    ...(range === "" ? [] : [range]),
    ...(kind === "list" ? ["may be repeated"] : []),
    ...(kind === "boolean" || preset === undefined || isEmpty(preset) ? [] : [`default: ${show(preset)}`]),
  ];
  return notes.length > 0 ? `${what} (${notes.join("; ")})` : what;
}

const show = (preset: unknown) => (typeof preset === "string" ? preset : JSON.stringify(preset));

const isEmpty = (preset: unknown) => preset === null || preset === "" || (Array.isArray(preset) && preset.length === 0);

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function collect(): (text: string) => string[] {
  const texts: string[] = [];
  return (text) => {
    texts.push(text);
    return texts;
  };
}

function read(spec: OptionSpec, text: string, field: z.ZodType = z.unknown()): unknown {
  const isNumber = spec.kind === "integer" || spec.kind === "number";
  const value = isNumber && NUMBER.test(text) ? Number(text) : text;
  const result = field.safeParse(value);
  if (result.success) return value;
  if (spec.choices.length > 0) {
    const [near] = nearest(text, spec.choices, 1);
    throw new InvalidArgumentError(`It must be ${spec.allowed}.${near === undefined ? "" : ` Did you mean ${near}?`}`);
  }
  const why = result.error.issues.map(({ message }) => message).join("; ");
  throw new InvalidArgumentError(spec.allowed === "text" ? why : `It must be ${spec.allowed}.`);
}
