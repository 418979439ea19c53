import type { RunProgress } from "./run-progress.js";

/** A run that ended by failing: the error, with what is known of the run. */
export class RunFailed extends Error {
  override readonly name = "RunFailed";
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null,
    /** For `--json`: what stands beside the error. */
    readonly details: Readonly<Record<string, unknown>>,
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The failure of a run that had begun; any other error stays as it is. */
  static from(error: unknown, { config, step, best }: RunProgress, homeFlag: string): unknown {
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
    const hint = `The run's log is ${config.path}/logs.jsonl. Once the cause is mended: trainer resume ${config.runId}${homeFlag}`;
    return new RunFailed(code, error.message, hint, details, { cause: error });
  }
}
