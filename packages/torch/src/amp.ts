import { assertFunction } from "./describe.js";
import type { Device } from "./dtype.js";
import { addon } from "./load.js";

export interface AutocastOptions {
  device: Device;
  dtype: "bfloat16" | "float16";
  enabled?: boolean;
}

let active: AutocastOptions | null = null;

/** True within an `autocast`. */
export const isAutocasting = (): boolean => active !== null;

/** The `autocast` that is on: for what is computed again later. */
export const currentAutocast = (): AutocastOptions | null => active;

/** Runs `fn` with matrix products in a half type and sums in float32 (automatic mixed precision). */
export function autocast<T>(options: AutocastOptions, fn: () => T): T {
  assertFunction("autocast", fn);
  const { device, dtype, enabled = true } = options;
  const before = active;
  const [wasOn, wasType] = addon.autocastBegin(device, dtype, enabled);
  active = enabled ? options : null;
  try {
    return fn();
  } finally {
    addon.autocastEnd(device, wasType, wasOn);
    active = before;
  }
}
