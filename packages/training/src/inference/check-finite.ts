import type { Tensor } from "@trainer/torch";
import { TrainingError } from "../errors.js";

/** @throws TrainingError MODEL_INCOMPATIBLE */
export function checkFinite(logits: Tensor): void {
  if (logits.isfinite().all().item() === 1) return;
  throw new TrainingError(
    "MODEL_INCOMPATIBLE",
    "the model's logits are not finite: its weights are damaged, or its training diverged",
    { failureClass: "FATAL" },
  );
}
