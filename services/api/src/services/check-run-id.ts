import { AppError, ModelId, RunId } from "@trainer/platform";
import type { z } from "zod";

/**
 * Checks the form of a run's id: existence is for the worker to see, but an id opens folders there.
 * @throws AppError RUN_NOT_FOUND
 */
export const checkRunId = (runId: string): RunId => checked(RunId, runId);

/**
 * The same for the id of a model to be asked: a run's, or an exported folder's.
 * @throws AppError RUN_NOT_FOUND
 */
export const checkModelId = (modelId: string): ModelId => checked(ModelId, modelId);

function checked<S extends z.ZodType>(schema: S, id: string): z.output<S> {
  const { data } = schema.safeParse(id);
  if (data === undefined) throw new AppError("RUN_NOT_FOUND", "run not found");
  return data;
}
