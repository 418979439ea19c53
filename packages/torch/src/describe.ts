import { TorchError } from "./errors.js";

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === "boolean" || typeof value === "number")
    return `${value}`;
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `a value of type ${typeof value}`;
}

/** Refuses what is no function, by the name of the call that wants one. */
export function assertFunction(name: string, fn: unknown): void {
  if (typeof fn !== "function") throw new TorchError("ARGUMENT", `${name}: expected a function, got ${describe(fn)}`);
}

/** Refuses a number outside [min, max), or NaN. */
export function assertRange(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === "number" && value >= min && value < max) return;
  const range = max === Infinity ? `a number of at least ${min}` : `a number from ${min} to below ${max}`;
  throw new TorchError("ARGUMENT", `${name}: expected ${range}, got ${describe(value)}`);
}
