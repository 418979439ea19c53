import type { PrecisionChoice } from "@trainer/options";
import type { TrainFlags } from "./train-options.js";
import type { Output } from "../display/output.js";

/** The chosen precision, or the device's default; notes a GPU's. */
export function choosePrecision(
  { precision, device }: Pick<TrainFlags, "precision" | "device">,
  out: Pick<Output, "note">,
  suitable: (device: TrainFlags["device"]) => PrecisionChoice,
): PrecisionChoice {
  if (precision !== null) return precision;
  const chosen = suitable(device);
  if (chosen === "bf16") out.note("precision  bf16 (this GPU has it; --precision fp16, fp32 or tf32 for others)");
  if (chosen === "fp16") out.note("precision  fp16 (this GPU has no bf16; --precision fp32 for the other)");
  return chosen;
}
