import type { Device } from "./dtype.js";
import { addon } from "./load.js";

export interface AutocastOptions {
  device: Device;
  dtype: "bfloat16" | "float16";
  enabled?: boolean;
}

/** Runs `fn` with matrix products in a half type and sums in float32 (automatic mixed precision). */
export function autocast<T>(options: AutocastOptions, fn: () => T): T {
  const { device, dtype, enabled = true } = options;
  const [wasOn, wasType] = addon.autocastBegin(device, dtype, enabled);
  try {
    return fn();
  } finally {
    addon.autocastEnd(device, wasType, wasOn);
  }
}
