import { list } from "../checkpoint/list.js";
import { TrainingError } from "../errors.js";
import type { LiveRun } from "./live-run.js";
import { stepFailure } from "../step/out-of-memory.js";

/** A run's failure with where it happened, what would need less memory if that was it, and what there is to go back to. */
export async function located(error: unknown, run: LiveRun, step: number): Promise<TrainingError> {
  const { options, manifest, compute, folder } = run.session;
  const size = { ...options, device: compute.device, batchSize: manifest.current.batch_size };
  const failure = stepFailure(error, size);
  const [newest] = await list(folder.checkpoints);
  const last = newest === undefined ? "there is no checkpoint yet" : `the last good checkpoint is ${newest.name}`;
  const { code, failureClass, message } = failure;
  return new TrainingError(code, `step ${step}: ${message}; ${last}`, { failureClass, cause: failure });
}
