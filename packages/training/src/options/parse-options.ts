import type { z } from "zod";
import { TrainingError } from "../errors.js";

/** The options with their defaults, or a USER_INPUT error that names each one that is wrong. */
export function parseOptions<Output>(schema: z.ZodType<Output>, input: unknown, what: string): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new TrainingError("INVALID_INPUT", `the options of ${what} are wrong: ${wrong.join("; ")}`);
}
