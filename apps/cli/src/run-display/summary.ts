import type { RunResult } from "@trainer/training";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../display/quantity.js";
import { lossText } from "../display/pair-figures.js";
import { printable } from "../display/printable.js";
import { bitsText } from "./facts.js";
import { lossCurve, type View } from "./live-lines.js";
import type { RunProgress } from "./run-progress.js";

/** The last line of `--json`: how the run ended, by the names that metrics and manifests use. */
export const resultJson = (result: RunResult) => ({
  run_id: result.runId,
  status: result.status,
  steps: result.steps,
  epochs: result.epochs,
  early_stopped: result.earlyStopped,
  train_loss: result.trainLoss,
  best_val_loss: result.bestValLoss,
  best_step: result.bestStep,
  ...(result.bestValFigures && { best_val_figures: result.bestValFigures }),
  test_loss: result.testLoss,
  test_perplexity: result.testPerplexity,
  ...(result.testFigures && { test_figures: result.testFigures }),
  test_bits_per_byte: result.testBitsPerByte,
  test_step: result.testStep,
  tokens: result.tokensSeen,
  gpu_peak_bytes: result.gpuPeakBytes,
  left_out: result.leftOut,
  seconds: result.seconds,
  splits: result.splits,
  special_tokens: result.specialTokens,
  tokenizer_loss: result.tokenizerLoss,
  verdict: result.verdict,
  path: result.path,
});

/**
 * Outcome of the run, with the next commands.
 * @param more the command that trains further, where that would help
 */
export function summary(
  result: RunResult,
  progress: RunProgress,
  { flags, more = null }: { readonly flags: string; readonly more?: string | null },
  view: View,
): string {
  return [
    ...lossCurve(progress, view),
    "",
    ...outcome(result),
    ...(result.verdict.length === 0 ? [] : ["", ...result.verdict.map(printable)]),
    "",
    "Next:",
    ...next(result, flags),
    ...(more === null ? [] : ["The loss was still falling: the model gains by going on", `  ${more}`]),
  ].join("\n");
}

function outcome(result: RunResult): string[] {
  const { steps, tokensSeen, seconds, bestValLoss, bestValFigures, bestStep, gpuPeakBytes } = result;
  const { testLoss, testFigures, testPerplexity, testBitsPerByte, testStep } = result;
  const ofStep = testStep === null || testStep === steps ? "" : `  (the weights of step ${formatCount(testStep)})`;
  const how = result.earlyStopped ? "Done early, for validation gained no more" : "Done";
  const speed = `${formatCount(steps)} steps, ${formatShort(tokensSeen)} tokens in ${formatDuration(seconds)}`;
  return [
    `${how}: ${speed}`,
    ...(bestValLoss === null || bestStep === null
      ? []
      : [
          `validation  ${lossText(bestValLoss, bestValFigures, [`ppl ${formatNumber(Math.exp(bestValLoss))}`])}  (the best, at step ${formatCount(bestStep)})`,
        ]),
    ...(testLoss === null
      ? []
      : [
          `test        ${lossText(testLoss, testFigures, [`ppl ${formatNumber(testPerplexity)}`, bitsText(testBitsPerByte)])}${ofStep}`,
        ]),
    ...(gpuPeakBytes === null ? [] : [`GPU memory  ${formatBytes(gpuPeakBytes)} at most`]),
    `saved in    ${result.path}`,
  ];
}

const next = ({ runId, splits }: RunResult, flags: string) => [
  ...(splits?.train.conversations === undefined ? [] : [`  trainer chat ${runId}${flags}`]),
  `  trainer generate ${runId}${flags} --prompt "Once upon a time"`,
  `  trainer score ${runId}${flags} --text "How likely is this?" --detail per-char`,
  `  trainer export ${runId}${flags} --out my-model`,
];
