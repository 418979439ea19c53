import { RunFailed } from "../process/errors.js";
import type { RunProgress } from "./run-progress.js";

/** The failure of a run that had begun, with how to go on; any other error stays as it is. */
export function runFailed(error: unknown, { config, step, best, saved }: RunProgress, flags: string): unknown {
  if (config === null || !(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "FAILED";
  const details = {
    run_id: config.runId,
    status: "failed",
    failure_class: "failureClass" in error ? error.failureClass : "FATAL",
    steps: step?.step ?? config.fromStep,
    best_val_loss: best?.loss ?? null,
    test_loss: null,
    test_perplexity: null,
    path: config.path,
  };
  const hint = `The run's log is ${config.path}/logs.jsonl. ${nextOf(config.runId, code, saved, flags)}`;
  return new RunFailed(code, error.message, hint, details, { cause: error });
}

/** Failures caused by the options, which a resumed run keeps: it would fail again. */
const BY_OPTIONS = new Set(["TRAINING_NAN_LOSS", "TRAINING_DIVERGED", "TRAINING_OOM", "CUDA_OOM"]);

/** Advice on how to continue: as it is, or with other options. */
function nextOf(runId: string, code: string, saved: boolean, flags: string): string {
  const resume = `trainer resume ${runId}${flags}`;
  const train = (flag: string) => `trainer train TEXT ${flag} ${runId}${flags}`;
  const byOptions = BY_OPTIONS.has(code);
  if (saved && byOptions)
    return `With other options, anew under another --run-id, or from its best weights: ${train("--pretrained")}`;
  if (saved) return `Once the cause is mended: ${resume}`;
  const anew = `with other options: ${train("--run-id")}`;
  if (byOptions) return `Nothing of it was saved; ${anew}`;
  return `Nothing of it was saved. Once the cause is mended: ${resume}; ${anew}`;
}
