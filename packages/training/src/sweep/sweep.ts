import { at } from "@trainer/disk";
import { hasSaved } from "../checkpoint/has-saved.js";
import { TrainingError } from "../errors.js";
import { estimateTraining } from "../estimate/estimate.js";
import { runFolder } from "../home/run-folder.js";
import { parseTrainOptions } from "../options/options.js";
import { fromConfig, toConfig } from "../options/wire-names.js";
import type { RunEvent } from "../run/events.js";
import { resume } from "../run/resume.js";
import type { RunContext } from "../run/run-context.js";
import { train } from "../run/train.js";
import { resolveCompute } from "../step/precision.js";
import {
  OF_SETTINGS,
  runSweep,
  type SweepHooks,
  type SweepRequest,
  type SweepResult,
  type SweptTrial,
  type TrialTrainer,
} from "./run-sweep.js";
import type { Trial } from "./sweep-state.js";
import { validationsOf, type TrialPoint } from "./validations.js";

export interface SweepContext
  extends
    Pick<RunContext, "home" | "dataRoot" | "dataBank" | "archives" | "onFetch" | "signal">,
    Pick<SweepHooks, "onTrial"> {
  /** Called with the events of each trial's run. */
  readonly onEvent?: (event: RunEvent, trial: Pick<SweptTrial, "runId" | "settings">) => void;
}

/**
 * A sweep on this machine, as `runSweep` has it. Each trial is a run of the home, stopped and resumed where that is due.
 *
 * @throws TrainingError as `runSweep`; as a run of the first trial would before its first step. The signal's reason where
 * it is aborted.
 */
export const sweep = (request: SweepRequest, context: SweepContext): Promise<SweepResult> =>
  runSweep(request, trainerHere(context), context);

const trainerHere = (context: SweepContext): TrialTrainer => ({
  place: null,
  atOnce: 1,
  estimate: (options) => estimateTraining(options, context),
  deviceOf: ({ device, precision }) => resolveCompute(device, precision).device,
  configOf: toConfig,
  trainTo: (trial, rung) => trainTo(trial, rung, context),
  validationsOf: ({ run_id: runId }) => validationsOf(runFolder(context.home, runId).metrics),
});

/** Trains a trial up to a rung, from wherever it is. @returns why it failed by its own settings */
async function trainTo(
  { run_id: runId, settings, config, rungs }: Trial,
  rung: number,
  { home, signal, onEvent, onTrial: _told, ...elsewhere }: SweepContext,
): Promise<string | null> {
  const folder = runFolder(home, runId);
  const step = at(rungs, rung);
  const isThere = (points: readonly TrialPoint[]) => points.some((point) => point.step === step);
  if (isThere(await validationsOf(folder.metrics))) return null;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const hooks = {
    home,
    ...elsewhere,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    onEvent(event: RunEvent) {
      const isDue = event.type === "eval" && event.split === "validation" && event.step === step;
      if (isDue && rung < rungs.length - 1) stop.abort();
      onEvent?.(event, { runId, settings });
    },
  };
  try {
    if (await hasSaved(folder)) await resume(runId, hooks);
    else await train(parseTrainOptions(fromConfig(config)), hooks);
  } catch (error) {
    const failure = TrainingError.from(error);
    if (!OF_SETTINGS.has(failure.code)) throw failure;
    return failure.message;
  }
  signal?.throwIfAborted();
  return null;
}
