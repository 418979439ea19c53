import { list } from "../checkpoint/list.js";
import { TrainingError } from "../errors.js";
import type { LiveRun } from "./live-run.js";

/** The same error with where it happened and what there is to go back to. */
export async function located(error: TrainingError, run: LiveRun, step: number): Promise<TrainingError> {
  const [newest] = await list(run.folder.checkpoints);
  const last = newest === undefined ? "there is no checkpoint yet" : `the last good checkpoint is ${newest.name}`;
  const { code, failureClass, message } = error;
  return new TrainingError(code, failureClass, `step ${step}: ${message}; ${last}`, { cause: error });
}
