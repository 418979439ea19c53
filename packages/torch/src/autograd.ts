import { addon } from "./load.js";
import { Slot } from "./slot.js";
import { Tensor } from "./tensor.js";

/** The gradients of a scalar by some tensors, without touching anyone's `grad`; null where it does not depend on one. */
export function grad(
  output: Tensor,
  inputs: readonly Tensor[],
  options: { retainGraph?: boolean } = {},
): (Tensor | null)[] {
  const handles = addon.gradients(
    Slot.handleOf(output),
    inputs.map((input) => Slot.handleOf(input)),
    options.retainGraph ?? false,
  );
  return handles.map((handle) => (handle === null ? null : new Tensor(handle)));
}
