import { AppError, RunId } from "@trainer/platform";

/**
 * Whether a run is there is for the worker to see; but what cannot be a run's id must not reach it as one, for it opens
 * folders by it.
 * @throws AppError RUN_NOT_FOUND
 */
export function checkRunId(runId: string): RunId {
  const { data } = RunId.safeParse(runId);
  if (data === undefined) throw new AppError("RUN_NOT_FOUND", "run not found");
  return data;
}
