import { AppError, RunId } from "@trainer/platform";

/**
 * Checks the form of a run's id: existence is for the worker to see, but an id opens folders there.
 * @throws AppError RUN_NOT_FOUND
 */
export function checkRunId(runId: string): RunId {
  const { data } = RunId.safeParse(runId);
  if (data === undefined) throw new AppError("RUN_NOT_FOUND", "run not found");
  return data;
}
