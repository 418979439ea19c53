import type { EvalMetrics, StepMetrics } from "../home/metrics-lines.js";
import type { LeftOut, TextLoss } from "../home/text-losses.js";
import type { BinsProgress } from "../bins/build-bins.js";
import type { Precision } from "@trainer/models";
import type { Failure, TrainingError } from "../errors.js";
import type { ManifestSource, SplitCounts } from "../home/manifest.js";
import type { Sample } from "../inference/samples.js";
import type { Symptom } from "../step/loss-watch.js";
import type { StepProfile } from "../step/step-profile.js";

/**
 * Events of a run, in this order as far as each occurs; `data` before the tokenizer too, and while its files are
 * inspected before there is a run.
 */
export type RunEvent =
  | {
      readonly type: "config";
      readonly runId: string;
      readonly path: string;
      readonly modelFamily: string;
      readonly modelSize: string;
      readonly device: "cpu" | "cuda";
      readonly precision: Precision;
      readonly threads: number;
      readonly batchSize: number;
      readonly maxSeqLen: number;
      readonly learningRate: number;
      readonly seed: number;
      /** The step that a resumed run goes on from, else 0. */
      readonly fromStep: number;
    }
  | {
      readonly type: "tokenizer";
      readonly phase: "count" | "merge" | "ready";
      /** Completed fraction, from 0 to 1. */
      readonly progress: number;
      readonly tokenizerId: string;
      /** Known once it is ready. */
      readonly vocabSize: number | null;
    }
  /** Number of inspected files, of a corpus of many. */
  | { readonly type: "data"; readonly phase: "open"; readonly looked: number; readonly files: number }
  | ({ readonly type: "data" } & BinsProgress)
  | {
      readonly type: "data";
      readonly phase: "ready";
      readonly counts: SplitCounts;
      readonly cached: boolean;
      readonly specialTokens: number;
    }
  /** With the batch size "auto": the result. */
  | { readonly type: "batch"; readonly batchSize: number }
  /** Size of what is kept of a teacher's answers to the whole text, and what of it is there already. */
  | {
      readonly type: "teacher";
      readonly bytes: number;
      readonly keptBytes: number;
      readonly bytesPerToken: number;
    }
  | {
      readonly type: "start";
      readonly parameters: number;
      /** Those that are trained: fewer with an adapter or a frozen embedding. */
      readonly trainableParameters: number;
      readonly totalSteps: number;
      readonly stepsPerEpoch: number;
      readonly epochs: number;
      /** The texts, where several are mixed. */
      readonly sources?: readonly ManifestSource[] | undefined;
    }
  | ({ readonly type: "step"; readonly samplesPerSec: number } & StepMetrics & Pick<StepDone, "totalSteps" | "epochs">)
  /** `best`: a validation that is the best so far. */
  | ({ readonly type: "eval"; readonly best: boolean; readonly seconds: number } & EvalMetrics)
  | {
      readonly type: "checkpoint";
      readonly step: number;
      readonly path: string;
      readonly bytes: number;
      readonly best: boolean;
      readonly seconds: number;
    }
  /** Texts that the model as it is after a step wrote at fixed prompts. */
  | { readonly type: "sample"; readonly step: number; readonly samples: readonly Sample[]; readonly seconds: number }
  /** A validation or test, or the evaluation at the end of a completed run. */
  | {
      readonly type: "evaluating";
      readonly of: "validation" | "test" | "evaluation";
      readonly done: number;
      readonly batches: number;
    }
  /** The profile, if one was requested. */
  | { readonly type: "profile"; readonly profile: StepProfile }
  /** `symptom`: of a training that goes wrong, which its losses show. */
  | { readonly type: "warning"; readonly message: string; readonly symptom?: Symptom; readonly step?: number }
  | { readonly type: "completed"; readonly result: RunResult }
  | { readonly type: "interrupted"; readonly result: RunResult }
  | ({ readonly type: "failed"; readonly runId: string; readonly error: TrainingError } & Readonly<Failure>);

/** A step that is done. */
export interface StepDone extends Pick<StepMetrics, "step" | "epoch" | "loss" | "lr" | "gradNorm"> {
  /** Further means that the objective tells; {} without any. */
  readonly figures: Readonly<Record<string, number>>;
  readonly totalSteps: number;
  readonly epochs: number;
  /** The last one of its epoch, or of the run, which may end within one. */
  readonly endsEpoch: boolean;
  /** In fp16: the gradients overflowed, and the weights are unchanged. */
  readonly skipped: boolean;
  /** Sequences of the step, filled or not, and tokens that were predicted. */
  readonly samples: number;
  readonly tokens: number;
  readonly ms: number;
}

/** Result of a run that did not fail. */
export interface RunResult {
  readonly runId: string;
  readonly path: string;
  readonly status: "completed" | "interrupted";
  readonly steps: number;
  /** Those begun. */
  readonly epochs: number;
  readonly earlyStopped: boolean;
  /** Loss of the last batch. */
  readonly trainLoss: number | null;
  readonly bestValLoss: number | null;
  readonly bestStep: number | null;
  /** Of pairs of answers: what else the best validation told, and the test. */
  readonly bestValFigures: Readonly<Record<string, number>> | null;
  readonly testFigures: Readonly<Record<string, number>> | null;
  readonly testLoss: number | null;
  /** Null where the loss is no cross entropy too. */
  readonly testPerplexity: number | null;
  readonly testBitsPerByte: number | null;
  /** After which step the weights were as they were tested. */
  readonly testStep: number | null;
  /** Null where the run was stopped before they were made. */
  readonly splits: SplitCounts | null;
  /** Those that the corpus spelled and that were let through. */
  readonly specialTokens: number | null;
  /** Losses of the tokenizer on the corpus' beginning. */
  readonly tokenizerLoss: TextLoss | null;
  readonly tokensSeen: number;
  /** The most that tensors took on the GPU; null on a CPU. */
  readonly gpuPeakBytes: number | null;
  /** The parts of the given text that are in no split; null for a run of an earlier version. */
  readonly leftOut: LeftOut | null;
  /** True if an adapter was trained: its base weights are gone, and the run cannot be trained on. */
  readonly isAdapter: boolean;
  /** Sentences of the verdict; none where it was not evaluated. */
  readonly verdict: readonly string[];
  /** Over all the sessions of a resumed run. */
  readonly seconds: number;
}
