import { isAutocasting } from "../amp.js";
import type { Tensor } from "../tensor.js";

let on = true;

/** Turns the fused CPU kernels on or off; off, everything is computed by libtorch's plain operators. Returns what was before. */
export function useFusedKernels(enabled: boolean): boolean {
  const before = on;
  on = enabled;
  return before;
}

/** Whether the fused kernels can take these: float32 on the CPU, outside of autocast, which would choose other types. */
export function fusable(...tensors: readonly Tensor[]): boolean {
  return on && !isAutocasting() && tensors.every((t) => t.dtype === "float32" && t.device === "cpu");
}
