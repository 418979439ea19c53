import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { camel } from "@trainer/options";
import { refusalOf } from "@trainer/platform";
import { UsageError } from "../process/errors.js";
import { optionSpecs, type OptionSchema } from "../framework/option-spec.js";

type Fields = Readonly<Record<string, string>>;

/** The field of a request that each option is, which is its name in snake_case unless `called` has another for the field. */
export const fieldsOf = (request: z.ZodObject, called: Fields = {}): Fields =>
  Object.fromEntries(Object.keys(request.shape).map((field) => [called[field] ?? camel(field), field]));

/**
 * Refuses options that only work on this machine.
 * @param sent those that a server has a field for
 * @throws UsageError which names the others that were given
 */
export function refuseLocal(
  flags: OptionSchema,
  options: Readonly<Record<string, unknown>>,
  sent: readonly string[],
): void {
  const local = optionSpecs(flags).filter(
    ({ key, default: usual }) => !sent.includes(key) && !isDeepStrictEqual(options[key], usual),
  );
  if (local.length === 0) return;
  const which = local.map(({ flag }) => `--${flag}`).join(", ");
  const them = local.length === 1 ? "it" : "them";
  throw new UsageError(`${which}: a server does not take ${them}: leave ${them} out, or --server`);
}

/**
 * The request that options ask for, by the field that each is.
 * @throws UsageError for what the server would refuse
 */
export function requestOf<S extends z.ZodType>(
  schema: S,
  options: Readonly<Record<string, unknown>>,
  fields: Fields,
): z.output<S> {
  const request = Object.fromEntries(Object.entries(fields).map(([key, field]) => [field, options[key]]));
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  throw new UsageError(refusalOf(result.error).message);
}

/**
 * The result of a finished request.
 * @throws Error with the server's reason, if it failed
 */
export function finished<T extends { readonly status: string; readonly message?: string | null | undefined }>(
  result: T,
): T {
  if (result.status === "completed") return result;
  throw new Error(`the server could not do it: ${result.message ?? `its status is ${result.status}`}`);
}
