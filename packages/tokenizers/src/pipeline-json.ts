import { z } from "zod";
import { TokenizerError } from "./errors.js";
import type { Step } from "./tokenizer-json.js";

/** Error for a part of a tokenizer.json that is not supported here; `instead` names the alternative. */
export const unsupported = (what: string, instead: string) =>
  new TokenizerError("TOKENIZER_LOAD_FAILED", `${what} is not supported; ${instead}`);

export const corrupt = (what: string) =>
  new TokenizerError("TOKENIZER_LOAD_FAILED", `the tokenizer.json is broken: ${what}`);

/** Reads the steps of a Sequence, of sequences within it too, or the one step there is. */
export function stepsOf(step: Step | null | undefined, field: string, list: string): Step[] {
  if (!step) return [];
  if (step.type !== "Sequence") return [step];
  const steps = z.array(z.looseObject({ type: z.string() })).safeParse(step[list]);
  if (!steps.success) throw corrupt(`the ${field} is a Sequence without "${list}"`);
  return steps.data.flatMap((inner) => stepsOf(inner, field, list));
}

/** Reads what a step holds besides its type. */
export function readStep<T>(schema: z.ZodType<T>, step: Step): T {
  const parsed = schema.safeParse(step);
  if (parsed.success) return parsed.data;
  throw corrupt(`${step.type}: ${z.prettifyError(parsed.error)}`);
}
