import { AppError, ModelId, RunId } from "@trainer/platform";

/**
 * Checks the form of a run's id: existence is for the worker to see, but an id opens folders there.
 * @throws AppError RUN_NOT_FOUND
 */
export function checkRunId(runId: string): RunId {
  const { data } = RunId.safeParse(runId);
  if (data === undefined) throw new AppError("RUN_NOT_FOUND", "run not found");
  return data;
}

/**
 * The same for the id of a model to be asked: a run's, or an exported folder's.
 * @throws AppError RUN_NOT_FOUND
 */
export function checkModelId(modelId: string): ModelId {
  const { data } = ModelId.safeParse(modelId);
  if (data === undefined) throw new AppError("RUN_NOT_FOUND", "run not found");
  return data;
}
