import { assertFunction } from "./describe.js";
import { TorchError } from "./errors.js";
import { addon } from "./load.js";
import { closeScope, openScope, Slot } from "./slot.js";

/** Collects the tensors of a value: a Tensor, an array, a plain object or a Map of values. */
function collect(value: unknown, found: Slot[], seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  if (Slot.is(value)) {
    found.push(value);
    return;
  }
  seen.add(value);
  if (Array.isArray(value)) {
    for (const v of value) collect(v, found, seen);
  } else if (value instanceof Map) {
    for (const v of value.values()) collect(v, found, seen);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      for (const v of Object.values(value)) collect(v, found, seen);
  }
}

/**
 * Runs `fn` and frees every tensor made in it, but those in what it returns (a Tensor, or an array, plain object or Map of them,
 * nested as deep as you like). Scopes nest; what an inner one returns belongs to the outer one. `fn` must not be async.
 */
export function scope<T>(fn: () => T): T {
  assertFunction("scope", fn);
  openScope();
  const kept: Slot[] = [];
  try {
    const result = fn();
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new TorchError("ARGUMENT", "scope takes a function that is done when it returns; it got an async one");
    }
    collect(result, kept, new Set());
    return result;
  } finally {
    closeScope(kept);
  }
}

/** Takes a tensor out of its scopes: it lives until it is disposed or collected. For state that outlasts the step that makes it. */
export function keep<T extends Slot>(tensor: T): T {
  addon.keep(Slot.handleOf(tensor));
  tensor.own();
  return tensor;
}

/** Runs `fn` without recording for backward. */
export function noGrad<T>(fn: () => T): T {
  return withGrad("noGrad", false, fn);
}

/** Runs `fn` recording for backward, inside a noGrad too. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad("enableGrad", true, fn);
}

function withGrad<T>(name: string, on: boolean, fn: () => T): T {
  assertFunction(name, fn);
  const before = addon.gradEnabled();
  addon.setGradEnabled(on);
  try {
    return fn();
  } finally {
    addon.setGradEnabled(before);
  }
}

export function isGradEnabled(): boolean {
  return addon.gradEnabled();
}
