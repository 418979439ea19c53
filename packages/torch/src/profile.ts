import { addon } from "./load.js";

/** What one operator cost while a profile was taken. */
export interface OperatorCost {
  /** As libtorch's dispatcher or the autograd engine calls it: `aten::add`, `trainer::product`, `AddBackward0`. */
  readonly name: string;
  /** Rows x depth x columns of a matrix product, else empty. */
  readonly shape: string;
  readonly calls: number;
  /** Without the operators that it calls. */
  readonly ms: number;
  /** Additions and multiplications of matrix products, attention and recurrences. */
  readonly flops: number;
  /** Of the tensors that it is given and gives back: what must at least go through the processor. */
  readonly bytes: number;
}

/**
 * Runs `f` and tells what the operators cost that it called in this thread, gradients included, the dearest first. Each is
 * slowed by some microseconds.
 */
export function profile<T>(f: () => T): { readonly result: T; readonly operators: readonly OperatorCost[] } {
  addon.profileBegin();
  let rows: ReturnType<typeof addon.profileEnd> = [];
  let result: T;
  try {
    result = f();
  } finally {
    rows = addon.profileEnd();
  }
  const operators = rows
    .map(([name, shape, calls, ns, flops, bytes]) => ({ name, shape, calls, ms: ns / 1e6, flops, bytes }))
    .toSorted((a, b) => b.ms - a.ms);
  return { result, operators };
}
