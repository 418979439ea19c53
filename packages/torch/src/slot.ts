import { describe } from "./describe.js";
import { TorchError } from "./errors.js";
import { addon, type Handle } from "./load.js";

const registry = new FinalizationRegistry<Handle>(addon.dispose);
let depth = 0;

export function openScope(): void {
  addon.scopeBegin();
  depth++;
}

/** Ends the innermost scope; `kept` pass to the scope around it, or to the garbage collector. */
export function closeScope(kept: readonly Slot[]): void {
  depth--;
  addon.scopeEnd(kept.map((slot) => Slot.handleOf(slot)));
  if (depth === 0) for (const slot of kept) slot.own();
}

/**
 * A JavaScript object for a native tensor. Inside a scope the scope frees it; outside, the garbage collector does when
 * the event loop turns, or `dispose()` at once.
 */
export abstract class Slot implements Disposable {
  readonly #handle: Handle;
  #owned = false;

  constructor(handle: Handle) {
    if (typeof handle !== "number") throw new TorchError("ARGUMENT", `expected a handle, got ${describe(handle)}`);
    this.#handle = handle;
    if (depth === 0) this.own();
  }

  /** The number behind a tensor; refuses anything else. */
  static handleOf(value: unknown): Handle {
    if (typeof value === "object" && value !== null && #handle in value) return value.#handle;
    throw new TorchError("ARGUMENT", `expected a Tensor, got ${describe(value)}`);
  }

  static is(value: unknown): value is Slot {
    return typeof value === "object" && value !== null && #handle in value;
  }

  /** Leaves the tensor to the garbage collector. */
  own(): void {
    if (this.#owned) return;
    this.#owned = true;
    registry.register(this, this.#handle);
  }

  /** Frees the native tensor now. Using it afterwards is an error with the code DISPOSED; disposing again is nothing. */
  dispose(): void {
    addon.dispose(this.#handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
