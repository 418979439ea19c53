import assert from "node:assert";

import { describe } from "./describe.js";
import { TorchError } from "./errors.js";
import { addon, type Handle, type Resolved } from "./load.js";
import { Slot } from "./slot.js";

let make: (handle: Handle) => unknown;

/** Sets the constructor of operators' results; called once, by `Tensor`. */
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

function toHandle(name: string, resolved: Resolved, index: number, value: unknown): unknown {
  if (value instanceof Slot) {
    if (resolved.arguments[index] === TENSOR) return Slot.handleOf(value);
  } else if (value === undefined || value === null) {
    return value;
  }
  const kind = resolved.arguments[index];
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
  if (kind === "L") {
    assert(Array.isArray(value));
    return value.map((v) => wrap(TENSOR, v));
  }
  return value;
}

function bind(name: string, resolved: Resolved): (...args: unknown[]) => unknown {
  const { call, arguments: kinds, returns } = resolved;
  const handles = Array.from(kinds, (kind, i) => (kind === PLAIN ? -1 : i)).filter((i) => i >= 0);
  const convert = (args: unknown[]): unknown[] => {
    for (const i of handles) if (i < args.length) args[i] = toHandle(name, resolved, i, args[i]);
    return args;
  };
  if (returns === TENSOR) return (...args) => wrap(TENSOR, call(...convert(args)));
  if (returns === "S") {
    return (...args) => {
      const [self] = args;
      call(...convert(args));
      return self;
    };
  }
  if (returns.length === 1) return (...args) => wrap(returns, call(...convert(args)));
  return (...args) => {
    const results = call(...convert(args));
    return Array.isArray(results) ? results.map((r, i) => wrap(returns[i], r)) : undefined;
  };
}

/** An operator as TypeScript sees it. */
export interface Operator<Args extends unknown[], Result> {
  (...args: Args): Result;
}

/** The schema decides what a call takes and gives; the declaration's types are compared with it by a test. */
function assertTyped<Args extends unknown[], Result>(f: unknown): asserts f is Operator<Args, Result> {
  assert(typeof f === "function");
}

/** Any operator, also those that trust their caller. */
export function internalOp<Args extends unknown[], Result>(name: string): Operator<Args, Result> {
  const bound: unknown = bind(name, addon.resolve(name));
  assertTyped<Args, Result>(bound);
  return bound;
}

/**
 * An operator of libtorch's dispatcher as a function: `op<[a: Tensor, b: Tensor], Tensor>("aten::mm")`, with the overload after
 * a dot. Arguments follow the schema; undefined takes its default. One that writes into its first argument returns it.
 * Throws at once where libtorch has no such operator, and for its internal ones (`aten::_...`), which trust their caller. Values
 * are checked by the operator itself; libtorch's own integer division (-2^63 by -1) is the known one that is not.
 */
export function op<Args extends unknown[], Result>(name: string): Operator<Args, Result> {
  if (/^[a-z]+::_/.test(name)) {
    throw new TorchError("OPERATOR", `${name} is internal to libtorch: it does not check what it is given`, name);
  }
  return internalOp<Args, Result>(name);
}
