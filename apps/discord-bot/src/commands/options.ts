import { optionFacts } from "@trainer/options";
import { ApplicationCommandOptionType as Type, type APIApplicationCommandBasicOption as Option } from "discord.js";
import type { z } from "zod";

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const range = ({ min, max }: Bounds) => ({ min_value: min, max_value: max });

/** The options of commands, each a line. All can be left out but those that `required` makes so. */
export const option = {
  text: (name: string, description: string, maxLength = 200): Option => ({
    type: Type.String,
    name,
    description,
    max_length: maxLength,
  }),
  /** Text that completes itself while it is typed. */
  completed: (name: string, description: string): Option => ({
    type: Type.String,
    name,
    description,
    autocomplete: true,
    max_length: 200,
  }),
  choice: (name: string, description: string, values: readonly string[]): Option => ({
    type: Type.String,
    name,
    description,
    choices: values.map((value) => ({ name: value, value })),
  }),
  int: (name: string, description: string, bounds: Bounds): Option => ({
    type: Type.Integer,
    name,
    description,
    ...range(bounds),
  }),
  number: (name: string, description: string, bounds: Bounds): Option => ({
    type: Type.Number,
    name,
    description,
    ...range(bounds),
  }),
  flag: (name: string, description: string): Option => ({ type: Type.Boolean, name, description }),
};

export const required = (option: Option): Option => Object.assign({}, option, { required: true });

export const runId = (description: string): Option => required(option.completed("run_id", description));

/** An option for each of these fields of a request, with their help in short, their defaults, bounds and choices. */
export function fieldOptions<Name extends string>(
  fields: Readonly<Record<Name, z.ZodType>>,
  names: readonly Name[],
): Option[] {
  return names.map((name) => fieldOption(name, fields[name]));
}

function fieldOption(name: string, field: z.ZodType): Option {
  const {
    kind,
    choices,
    description,
    minimum: min = 0,
    maximum: max = Number.MAX_SAFE_INTEGER,
    ...facts
  } = optionFacts(field);
  const [what = ""] = description.replace(/\.$/, "").split(/[;:]/, 1);
  const preset = typeof facts.default === "string" || typeof facts.default === "number" ? String(facts.default) : "";
  const help = preset === "" ? what : `${what}; ${preset} if left out`;
  switch (kind) {
    case "boolean":
      return option.flag(name, help);
    case "integer":
      return option.int(name, help, { min, max });
    case "number":
      return option.number(name, help, { min, max });
    case "string":
    case "list":
      return choices.length === 0 ? option.completed(name, help) : option.choice(name, help, choices);
  }
}
