import { TorchError } from "./errors.js";
import { addon, type Handle, type Resolved } from "./load.js";
import { describe, Slot } from "./slot.js";

let make: (handle: Handle) => unknown;

/** Says what an operator's results become; `Tensor` calls it once. */
export function resultsAre(constructor: (handle: Handle) => unknown): void {
  make = constructor;
}

/** Objects that operators take by another number than a tensor's: generators. */
export abstract class GeneratorSlot {
  abstract readonly generatorHandle: Handle;
}

const TENSOR = "T";
const GENERATOR = "G";
const PLAIN = ".";

function convert(name: string, resolved: Resolved, index: number, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  const kind = resolved.arguments[index];
  if (kind === TENSOR && Slot.is(value)) return Slot.handleOf(value);
  if (kind === GENERATOR && value instanceof GeneratorSlot) return value.generatorHandle;
  if (kind !== TENSOR && kind !== GENERATOR && Array.isArray(value)) {
    return value.map((v: unknown) => {
      if (v === null || v === undefined || Slot.is(v)) return v && Slot.handleOf(v);
      throw refusal(name, resolved, index, "an array of Tensors", `one with ${describe(v)}`);
    });
  }
  const expected = kind === TENSOR ? "a Tensor" : kind === GENERATOR ? "a Generator" : "an array of Tensors";
  throw refusal(name, resolved, index, expected, describe(value));
}

function refusal(name: string, resolved: Resolved, index: number, expected: string, got: string): TorchError {
  const message = `${name}: argument ${index + 1} (${resolved.names[index]}): expected ${expected}, got ${got}`;
  return new TorchError("ARGUMENT", message, name);
}

function wrap(kind: string | undefined, value: unknown): unknown {
  if (kind === TENSOR) return typeof value === "number" ? make(value) : value;
  if (kind === "L" && Array.isArray(value)) return value.map((v) => wrap(TENSOR, v));
  return value;
}

function bind(name: string, resolved: Resolved): (...args: unknown[]) => unknown {
  const { call, arguments: kinds, returns } = resolved;
  const converted = (args: unknown[]): unknown[] => {
    const out = Array.from(args);
    const n = Math.min(args.length, kinds.length);
    for (let i = 0; i < n; i++) if (kinds[i] !== PLAIN) out[i] = convert(name, resolved, i, args[i]);
    return out;
  };
  if (returns === TENSOR) return (...args) => wrap(TENSOR, call(...converted(args)));
  if (returns === "S") {
    return (...args) => {
      call(...converted(args));
      return args[0];
    };
  }
  if (returns.length === 1) return (...args) => wrap(returns, call(...converted(args)));
  return (...args) => {
    const results = call(...converted(args));
    return Array.isArray(results) ? results.map((r, i) => wrap(returns[i], r)) : undefined;
  };
}

/** An operator as TypeScript sees it. */
export interface Operator<Args extends unknown[], Result> {
  (...args: Args): Result;
}

function isTyped<Args extends unknown[], Result>(f: unknown): f is Operator<Args, Result> {
  return typeof f === "function";
}

/**
 * An operator of libtorch's dispatcher as a function: `op<[a: Tensor, b: Tensor], Tensor>("aten::mm")`, with the overload after
 * a dot. Arguments follow the schema; undefined takes its default. One that writes into its first argument returns it.
 * Throws at once where libtorch has no such operator.
 */
export function op<Args extends unknown[], Result>(name: string): Operator<Args, Result> {
  const bound = bind(name, addon.resolve(name));
  if (isTyped<Args, Result>(bound)) return bound;
  throw new TorchError("OPERATOR", `${name} is not callable`);
}
