import { isAutocasting } from "../amp.js";
import { addon } from "../load.js";
import type { Tensor } from "../tensor.js";

let on = true;

/** Turns the fused kernels on or off; off, everything is computed by libtorch's plain operators. Returns what was before. */
export function useFusedKernels(enabled: boolean): boolean {
  const before = on;
  on = enabled;
  return before;
}

/**
 * State of this project's kernels for GPUs: whether they are used, why not, and on which kind of device: tests run them
 * on a CPU.
 */
export function gpuKernels(): { readonly used: boolean; readonly reason: string; readonly device: "cpu" | "cuda" } {
  const [used, reason, device] = addon.gpuKernels();
  return { used, reason, device };
}

const GPU = gpuKernels();
const EMULATED = GPU.device === "cpu";

/**
 * True if the fused kernels can take these: float32 on the CPU, outside of autocast, which would choose other types.
 */
export function fusable(...tensors: readonly Tensor[]): boolean {
  return on && !EMULATED && !isAutocasting() && tensors.every((t) => t.dtype === "float32" && t.device === "cpu");
}

/** True if kernels that are `there` for a kind of `device` can take these tensors. */
export const fusableOn =
  (device: string, there: boolean) =>
  (floats: readonly Tensor[], activations: readonly Tensor[] = []): boolean => {
    const takes = (t: Tensor) => t.device.startsWith(device) && COMPUTED.has(t.dtype);
    return there && on && floats.every((t) => t.dtype === "float32" && takes(t)) && activations.every(takes);
  };

const COMPUTED: ReadonlySet<string> = new Set(["float32", "bfloat16", "float16"]);

/**
 * True if the kernels for GPUs (native/cuda) can take these: parameters and the residual stream of float32, activations
 * of any type, as products are computed in autocast's type.
 */
export const fusableOnGpu = fusableOn(GPU.device, GPU.used);
