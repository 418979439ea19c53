import type { EvaluateResponse, RunStatus } from "@trainer/platform";
import { pairLines } from "../display/pair-figures.js";
import { formatNumber } from "../display/quantity.js";
import { RunFailed } from "../process/errors.js";
import { statusJson } from "./status.js";

/** Summary of a completed run of a server, with next steps; `flag` names the server. */
export function runOutcome({ run_id: id, training, artifact_file_id: file }: RunStatus, flag: string): string[] {
  const figures =
    training === null
      ? ["Done"]
      : [
          `Done: ${training.step} steps`,
          ...(training.best_val_loss === null ? [] : [`validation  loss ${formatNumber(training.best_val_loss)}`]),
          ...(training.test_loss === null ? [] : [`test        loss ${formatNumber(training.test_loss)}`]),
        ];
  return [
    ...figures,
    ...(file === null ? [] : [`archive     ${file}`]),
    "",
    "Next:",
    `  trainer generate ${id}${flag} --prompt "Once upon a time"`,
    `  trainer score ${id}${flag} --text "How likely is this?" --detail per-char`,
  ];
}

/** The error of a run that failed, was stopped, or was not trained on; `flag` names the server. */
export function runFailure(status: RunStatus, flag: string): RunFailed {
  const { run_id: id } = status;
  const why = status.error ?? status.message ?? "the server gives no reason";
  if (status.status === "completed")
    return new RunFailed("RUN_FAILED", `run ${id} stays as it was: ${why}`, "", statusJson(status), {});
  const hint = `Its log: trainer logs ${id}${flag}\nTo go on with it once the reason is gone: trainer resume ${id}${flag}`;
  return new RunFailed("RUN_FAILED", `run ${id} failed: ${why}`, hint, statusJson(status), {});
}

/** Report of an evaluation on a server. */
export const evaluationReport = ({ split, artifact_path: path, ...measured }: EvaluateResponse): string[] => [
  `text           ${split}`,
  ...(pairLines(measured) ?? [
    `loss           ${formatNumber(measured.loss)} nats per token`,
    `perplexity     ${formatNumber(measured.perplexity)}`,
  ]),
  ...(path === null ? [] : [`saved in       ${path} on the server`]),
];
