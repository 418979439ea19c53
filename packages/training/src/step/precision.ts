import {
  allowBf16Products,
  allowTf32,
  autocast,
  devices,
  GradScaler,
  hasFastBf16,
  type Devices,
  type DType,
  type GradScalerState,
} from "@trainer/torch";
import type { Precision } from "@trainer/models";
import { TrainingError } from "../errors.js";
import type { DeviceChoice, PrecisionChoice } from "@trainer/options";

export type { DeviceChoice, PrecisionChoice } from "@trainer/options";

/** Device and precision of a run. */
export interface Compute {
  readonly device: "cpu" | "cuda";
  readonly precision: Precision;
}

/**
 * `auto` is cuda if there is a GPU, and fp16 on it; a CPU computes in fp32. What is unavailable is refused: a run for a
 * GPU must not take a week on a CPU instead, and one in tf32 not compute in fp32.
 */
export function resolveCompute(
  device: DeviceChoice,
  precision: PrecisionChoice,
  gpus: number = devices().cuda.count,
  capability: Capability = devices().cuda.capabilities[0],
  hasBf16: () => boolean = hasFastBf16,
): Compute {
  if (device === "cuda" && gpus === 0) {
    throw new TrainingError(
      "CUDA_NOT_AVAILABLE",
      "CUDA requested but not available: libtorch sees no NVIDIA GPU; use device cpu or auto",
    );
  }
  const where = device === "auto" ? (gpus > 0 ? "cuda" : "cpu") : device;
  if (precision === "auto") return { device: where, precision: where === "cuda" ? "fp16" : "fp32" };
  if (where === "cpu" && precision === "bf16") {
    if (hasBf16()) return { device: where, precision };
    const message =
      "bf16 precision would be slower than fp32 on this CPU: it has neither AMX nor an AVX512_BF16 that is faster; use fp32 or auto";
    throw new TrainingError("INVALID_INPUT", message);
  }
  if (where === "cpu" && precision !== "fp32") {
    throw new TrainingError("INVALID_INPUT", `${precision} precision is not supported on CPU; use fp32 or auto`);
  }
  if (precision === "tf32" && (capability?.[0] ?? 0) > 0 && !isAmpere(capability)) {
    const message = `tf32 precision needs compute capability 8.0, this GPU has ${capability?.join(".")}; use fp32 or fp16`;
    throw new TrainingError("INVALID_INPUT", message);
  }
  return { device: where, precision };
}

type Capability = Devices["cuda"]["capabilities"][number] | undefined;

/** Since Ampere, compute capability 8.0, GPUs have bfloat16 and TF32. */
const isAmpere = (capability: Capability) => capability !== undefined && capability[0] >= 8;

/**
 * Default precision of a device: bf16 on a GPU that has it, which needs no scaling of the loss, and fp16 on one that
 * has not; `auto` on a CPU.
 */
export function suitablePrecision(
  device: DeviceChoice,
  { count, capabilities }: Pick<Devices["cuda"], "count" | "capabilities"> = devices().cuda,
): PrecisionChoice {
  if (device === "cpu" || count === 0) return "auto";
  return isAmpere(capabilities[0]) ? "bf16" : "fp16";
}

const HALF = { fp16: "float16", bf16: "bfloat16" } as const;

/** Type of a run's matrix products. */
export const productType = ({ precision }: Compute): DType =>
  precision === "fp32" || precision === "tf32" ? "float32" : HALF[precision];

/**
 * Runs `body` in the run's precision: half precisions on a GPU under autocast. What stays in float32 there may use TF32,
 * which is no less exact than they are. On a CPU weights and activations stay float32, and bf16 is that of products alone.
 */
export function inPrecision<T>({ device, precision }: Compute, body: () => T): T {
  if (precision === "fp32") return body();
  if (hasBf16Products({ device, precision })) return inBf16Products(body);
  const before = allowTf32(true);
  try {
    return precision === "tf32" ? body() : autocast({ device, dtype: HALF[precision] }, body);
  } finally {
    allowTf32(before);
  }
}

function inBf16Products<T>(body: () => T): T {
  const before = allowBf16Products(true);
  try {
    return body();
  } finally {
    allowBf16Products(before);
  }
}

/** Runs a backward pass, whose products on a CPU have no autocast to remember their precision. */
export const backwardInPrecision = (compute: Compute, backward: () => void): void =>
  hasBf16Products(compute) ? inBf16Products(backward) : backward();

const hasBf16Products = ({ device, precision }: Compute): boolean => device === "cpu" && precision === "bf16";

/** Keeps small gradients from vanishing in fp16; nothing else needs it. */
export const gradScaler = ({ precision }: Compute): GradScaler | null =>
  precision === "fp16" ? new GradScaler() : null;

/** Puts a saved scaler's state back, where there is one. */
export function restoreScaler(scaler: GradScaler | null, state: GradScalerState | null): void {
  if (scaler !== null && state !== null) scaler.load(state);
}
