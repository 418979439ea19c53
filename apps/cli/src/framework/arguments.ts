import type { Command } from "commander";
import { z } from "zod";

/** Arguments of a command by name, in their order; a list can only be the last. */
export type ArgumentShape = Readonly<Record<string, z.ZodType<string | readonly string[] | undefined>>>;

/** An argument that must be given. */
export const word = (what: string) => z.string().describe(what);

/** A list of arguments, of which one must be given. */
export const words = (what: string) => z.array(z.string()).min(1).describe(what);

/** A list of arguments that may be empty. */
export const anyWords = (what: string) => z.array(z.string()).describe(what);

/** Gives a command its arguments: `<run>`, `[run]`, `<runs...>`, `[runs...]`. */
export function addArguments(command: Command, shape: ArgumentShape): void {
  for (const [key, schema] of Object.entries(shape)) {
    const name = isList(schema) ? `${key}...` : key;
    const required = !schema.safeParse(isList(schema) ? [] : undefined).success;
    command.argument(required ? `<${name}>` : `[${name}]`, schema.description);
  }
}

/** A command line's words by the names of its arguments. */
export function readArguments<A extends ArgumentShape>(shape: A, given: readonly string[]): z.output<z.ZodObject<A>> {
  const named = Object.entries(shape).map(([key, schema], at) => [key, isList(schema) ? given.slice(at) : given[at]]);
  return z.object(shape).parse(Object.fromEntries(named));
}

const isList = (schema: z.ZodType): boolean => schema instanceof z.ZodArray;
