import { TrainingError } from "../errors.js";

export interface StepSize {
  readonly device: "cpu" | "cuda";
  readonly batchSize: number;
  readonly gradAccumSteps: number;
  readonly activationCheckpointing: boolean;
}

/** `attempt()`; where memory does not suffice once more, after `recover()`. */
export function withMemory<T>(attempt: () => T, recover: () => void): T {
  try {
    return attempt();
  } catch (error) {
    if (TrainingError.from(error).code !== "TRAINING_OOM") throw error;
    recover();
    return attempt();
  }
}

/** The code of a failure for want of memory. */
export const outOfMemory = (device: StepSize["device"]) => (device === "cuda" ? "CUDA_OOM" : "TRAINING_OOM");

/** A failure before the first step, where memory is the weights' and the optimizer's. */
export function preparationFailure(error: unknown, device: StepSize["device"]): unknown {
  if (error instanceof TrainingError || TrainingError.from(error).code !== "TRAINING_OOM") return error;
  const message =
    "the weights and the optimizer's state do not fit into memory: try a smaller model or vocabulary, " +
    `sgd as the optimizer, or an adapter on a model that fits (${String(error)})`;
  return new TrainingError(outOfMemory(device), message, { cause: error });
}

/** A step's failure; where memory did not suffice, with what to ask for in place of what was. */
export function stepFailure(error: unknown, size: StepSize): TrainingError {
  const failure = TrainingError.from(error);
  if (failure.code !== "TRAINING_OOM") return failure;
  const { device, batchSize, gradAccumSteps, activationCheckpointing } = size;
  const half = Math.floor(batchSize / 2);
  const alike = batchSize % 2 === 0 ? ", which learns the same" : ""; // else a step has a few sequences fewer
  const smaller =
    half === 0
      ? "not even a batch of one sequence fits: try shorter sequences or a smaller model"
      : `batches of ${batchSize} do not fit: try a batch size of ${half} with ${gradAccumSteps * 2} batches a step${alike}`;
  const again = activationCheckpointing ? "" : ", or activation checkpointing";
  return new TrainingError(outOfMemory(device), `${smaller}${again} (${String(error)})`, {
    cause: error,
  });
}
