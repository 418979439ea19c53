import { at } from "@trainer/disk";
import type { z } from "zod";
import { kindOf } from "./record-text.js";

/** What a schema says of a value of another kind: what was expected, and the kind that is there; never the value. */
export const expected = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `expected ${what}, there is ${input === undefined ? "none" : kindOf(input)}`,
});

/** The first of what is wrong, and where: `cells.0.source: expected a string, there is number`. */
export function firstProblem({ issues }: z.ZodError): string {
  const { path, message } = at(issues, 0);
  return [path.join("."), message].filter(Boolean).join(": ");
}
