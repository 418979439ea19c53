import { z } from "zod";
import { AppError } from "../errors.js";

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * A process's configuration from its environment. A blank variable counts as unset.
 * @throws AppError CONFIG_ERROR which names every variable that is wrong, and no value: it may be a secret
 */
export function readConfig<S extends z.ZodType>(schema: S, env: Env): z.output<S> {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== "");
  const result = schema.safeParse(Object.fromEntries(set));
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new AppError("CONFIG_ERROR", `the environment is wrong:\n  ${wrong.join("\n  ")}`);
}

/** The levels of the services' logs; the names of Python's logging mean the nearest one. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  critical: "fatal",
  fatal: "fatal",
};
type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** Fields of environment schemas, which start from text. */
export const envField = {
  /** A whole number from 0. */
  count: z
    .string()
    .trim()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number),
  /** A number from 0. */
  amount: z
    .string()
    .trim()
    .regex(/^\d{1,15}(\.\d+)?$/, "must be a number from 0")
    .transform(Number),
  /** Published set-ups say what they like: what is no level is "info". */
  logLevel: z
    .string()
    .trim()
    .transform((name): LogLevel => LEVELS[name.toLowerCase()] ?? "info"),
  flag: z.stringbool({
    truthy: ["true", "1", "yes", "y", "on"],
    falsy: ["false", "0", "no", "n", "off"],
    error: "must be true or false",
  }),
  /** Values between commas; blank ones do not count. */
  list: z.string().transform((text) =>
    text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  ),
};
