import { rm } from "node:fs/promises";
import { TrainingError } from "../errors.js";
import { setArithmetic } from "../step/arithmetic.js";
import { evaluateAtEnd } from "./evaluate-at-end.js";
import type { RunResult } from "./events.js";
import { testBest, type TestResult } from "./finish.js";
import { trainingLoop } from "./loop.js";
import { failureFields } from "../home/manifest.js";
import { figuresOrUndefined } from "../home/metrics-lines.js";
import { perplexityOf } from "../step/evaluate-split.js";
import { memoryPeak } from "../step/memory-peak.js";
import { prepare } from "./prepare.js";
import { preparationFailure } from "../step/out-of-memory.js";
import { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/** One process's part of a run, from its beginning or its newest checkpoint to however it ends. */
export async function runSession(session: Session): Promise<RunResult> {
  const { folder, context, manifest, lock } = session;
  const reporter = new Reporter(folder, context, () => lock.assertOwned());
  try {
    const outcome = await attempt(session, reporter);
    await conclude(session, outcome);
    if (outcome.status === "completed") await rm(folder.base, { recursive: true, force: true });
    if (outcome.status === "completed") await evaluateAtEnd(session, reporter);
    const result = resultOf(session, outcome);
    reporter.emit({ type: outcome.status, result });
    return result;
  } catch (error) {
    const failure = TrainingError.from(error);
    const { code, failureClass, message } = failure;
    await manifest
      .update({ ...ended("failed"), ...memoryPeak(manifest.current), ...failureFields(failure) })
      .catch(() => {}); // on a full disk it does not fit, and the run may be another's: the caller gets the failure
    reporter.fail({ type: "failed", runId: folder.id, code, failureClass, message, error: failure });
    throw failure;
  }
}

interface Outcome {
  readonly status: "completed" | "interrupted";
  readonly test: TestResult | null;
  /** Those begun. */
  readonly epochs: number;
}

async function attempt(session: Session, reporter: Reporter): Promise<Outcome> {
  const interrupted = { status: "interrupted", test: null, epochs: 0 } as const;
  const { signal } = session.context;
  using _arithmetic = setArithmetic(session.compute, session.options.deterministic);
  try {
    using run = await prepare(session, reporter).catch((error: unknown) => {
      throw preparationFailure(error, session.compute.device);
    });
    const end = await trainingLoop(run);
    const epochs = Math.ceil(run.course.progress.step / run.course.plan.stepsPerEpoch);
    if (end === "interrupted") return { ...interrupted, epochs };
    const test = await testBest(run);
    if (test === null && run.data.splits.test !== null) return { ...interrupted, epochs };
    await session.manifest.update({ duration_seconds: run.elapsedMs() / 1000 });
    return { status: "completed", test, epochs };
  } catch (error) {
    if (signal?.aborted === true && isCancellation(error, signal)) return interrupted;
    throw error;
  }
}

/** True for errors of reading, encoding and training a tokenizer under an aborted signal. */
const isCancellation = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || TrainingError.from(error).code === "CANCELLED";

const ended = (status: "completed" | "interrupted" | "failed") => ({ status, finished_at: new Date().toISOString() });

async function conclude({ manifest }: Session, { status, test, epochs }: Outcome): Promise<void> {
  const ofTest = toldOf(test);
  await manifest.update({
    ...ended(status),
    ...memoryPeak(manifest.current),
    epochs_begun: epochs,
    test_loss: test?.loss ?? null,
    test_perplexity: Number.isFinite(ofTest.perplexity) ? ofTest.perplexity : null,
    test_figures: ofTest.figures,
    test_bits_per_byte: test?.bitsPerByte ?? null,
    test_step: test?.step ?? null,
    test_tokens: test?.tokens ?? null,
  });
}

/** What a test tells beside its loss. */
const toldOf = (test: TestResult | null) => ({
  perplexity: test && perplexityOf(test),
  figures: (test && figuresOrUndefined(test.figures)) ?? null,
});

export function resultOf(
  { folder, manifest }: Pick<Session, "folder" | "manifest">,
  { status, test, epochs }: Outcome,
): RunResult {
  const m = manifest.current;
  const ofTest = toldOf(test);
  return {
    runId: folder.id,
    path: folder.path,
    status,
    steps: m.steps,
    epochs,
    earlyStopped: m.early_stopped,
    trainLoss: m.loss,
    bestValLoss: m.best_val_loss,
    bestStep: m.best_step,
    bestValFigures: m.best_val_figures,
    testLoss: test?.loss ?? null,
    testPerplexity: ofTest.perplexity,
    testFigures: ofTest.figures,
    testBitsPerByte: test?.bitsPerByte ?? null,
    testStep: test?.step ?? null,
    splits: m.splits,
    specialTokens: m.special_tokens,
    tokenizerLoss: m.tokenizer_loss,
    tokensSeen: m.tokens_seen,
    gpuPeakBytes: m.gpu_peak_bytes,
    leftOut: m.left_out,
    isAdapter: m.config["lora_rank"] !== 0,
    verdict: m.verdict?.words ?? [],
    seconds: m.duration_seconds ?? 0,
  };
}
