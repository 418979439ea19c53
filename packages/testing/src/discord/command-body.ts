import { z } from "zod";
import { invalidForm } from "./refusal.js";

const name = z.string().regex(/^[-_'\p{L}\p{N}]{1,32}$/u, "Command name is invalid");
const description = z.string().min(1).max(100);

export const OPTION = { subcommand: 1, group: 2, string: 3, integer: 4, boolean: 5, number: 10 } as const;

const Choice = z.object({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) });

const leaf = z.object({
  name: name.refine((each) => each === each.toLowerCase(), "must be lower case"),
  description,
  type: z.union([z.literal(3), z.literal(4), z.literal(5), z.literal(10)]),
  required: z.boolean().default(false),
  choices: z.array(Choice).max(25).optional(),
  autocomplete: z.boolean().default(false),
  min_value: z.number().optional(),
  max_value: z.number().optional(),
  min_length: z.int().min(0).max(6000).optional(),
  max_length: z.int().min(1).max(6000).optional(),
});
export type Leaf = z.output<typeof leaf>;

const leaves = z
  .array(leaf)
  .max(25)
  .default([])
  .refine(
    (all) => new Set(all.map((each) => each.name)).size === all.length,
    "Application command names must be unique",
  )
  .refine(
    (all) => all.every((each, i) => !each.required || all.slice(0, i).every((before) => before.required)),
    "Required options must be placed before non-required options",
  )
  .refine(
    (all) => all.every((each) => !(each.autocomplete && each.choices)),
    "autocomplete and choices exclude each other",
  );

const subcommand = z.object({ name, description, type: z.literal(OPTION.subcommand), options: leaves });

export const CommandBody = z
  .object({
    name: name.refine((each) => each === each.toLowerCase(), "must be lower case"),
    description,
    type: z.literal(1).default(1),
    options: z.union([z.array(subcommand).min(1).max(25), leaves]).default([]),
    contexts: z.array(z.int().min(0).max(2)).nullish(),
    integration_types: z.array(z.int().min(0).max(1)).nullish(),
    dm_permission: z.boolean().nullish(),
    default_member_permissions: z.string().nullish(),
    nsfw: z.boolean().nullish(),
  })
  .refine((command) => textOf(command).length <= 8000, "Command exceeds maximum size (8000)");
export type CommandBody = z.output<typeof CommandBody>;

/** All text of a command that counts towards its size. */
function textOf(part: object): string {
  return Object.entries(part)
    .map(([key, value]: [string, unknown]) => {
      if (typeof value === "string" && ["name", "description", "value"].includes(key)) return value;
      return typeof value === "object" && value !== null ? textOf(value) : "";
    })
    .join("");
}

const Commands = z.array(CommandBody).max(100);

export function commandBodies(body: unknown): CommandBody[] {
  const result = Commands.safeParse(body);
  if (result.success) return result.data;
  throw invalidForm(result.error);
}

/** The options of a command, or of one of its subcommands. @throws Error where a person could not choose it either */
export function leavesOf(command: CommandBody, sub: string | undefined): readonly Leaf[] {
  const plain: Leaf[] = [];
  for (const option of command.options) {
    if (option.type !== OPTION.subcommand) plain.push(option);
    else if (option.name === sub) return option.options;
  }
  if (sub !== undefined || plain.length < command.options.length) throw new Error(`/${command.name} has no "${sub}"`);
  return plain;
}
