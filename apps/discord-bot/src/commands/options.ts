import { ApplicationCommandOptionType as Type, type APIApplicationCommandBasicOption as Option } from "discord.js";

interface Bounds {
  readonly min: number;
  readonly max?: number;
}

const range = ({ min, max }: Bounds) => ({
  min_value: min,
  ...(max === undefined ? {} : { max_value: max }),
});

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
