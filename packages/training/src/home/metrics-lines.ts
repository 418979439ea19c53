import { sourceLines, type SourceFigures } from "./source-figures.js";

/** A logged step: what its event tells, and `metrics.jsonl` keeps by the names of `stepLine`. */
export interface StepMetrics {
  readonly step: number;
  /** Counted from 0. */
  readonly epoch: number;
  readonly tokensSeen: number;
  /** Loss of this step's batch, in nats per token. */
  readonly loss: number;
  readonly ppl: number;
  readonly lr: number;
  /** Global L2 norm before clipping; of a step that was skipped it is infinite. */
  readonly gradNorm: number;
  /** Further means of the step's batch, by the names that the objective gives them; undefined for none. */
  readonly figures?: Readonly<Record<string, number>> | undefined;
  readonly tokensPerSec: number;
  readonly stepMs: number;
  readonly etaSeconds: number;
  readonly rssBytes: number;
  /** The most that tensors took on the GPU so far; undefined on a CPU. */
  readonly gpuPeakBytes?: number | undefined;
  /** Number of steps so far that changed nothing, since their gradients overflowed in fp16; undefined for none. */
  readonly skippedSteps?: number | undefined;
  /** Symptoms of a training that goes wrong, first seen since the line before; undefined for none. */
  readonly alarms?: readonly string[] | undefined;
}

/** A validation or test while training: what its event tells, and `metrics.jsonl` keeps by the names of `evalLine`. */
export interface EvalMetrics {
  readonly split: "validation" | "test";
  readonly step: number;
  /** After which step the weights were as they are, where that is another one: at the end the best ones are tested. */
  readonly weightsStep?: number | undefined;
  readonly epoch: number;
  readonly tokensSeen: number;
  readonly loss: number;
  readonly ppl: number;
  /** Null where the text does not come back from its tokens. */
  readonly bitsPerByte: number | null;
  /** The same of the split. */
  readonly figures?: Readonly<Record<string, number>> | undefined;
  /** Of each text where several are mixed: `loss` and the others are of their mixture. */
  readonly sources?: readonly SourceFigures[] | undefined;
  /** As of a step. */
  readonly alarms?: readonly string[] | undefined;
}

/** A list as a line has it: undefined for none. */
export const orUndefined = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

/** The same of figures. */
export const figuresOrUndefined = <T extends Readonly<Record<string, number>>>(figures: T): T | undefined =>
  Object.keys(figures).length === 0 ? undefined : figures;

/** JSON leaves out what is undefined, and has null for what is infinite. */
export const stepLine = (m: StepMetrics) => ({
  step: m.step,
  epoch: m.epoch,
  tokens: m.tokensSeen,
  train_loss: m.loss,
  train_ppl: m.ppl,
  lr: m.lr,
  grad_norm: m.gradNorm,
  tokens_per_sec: m.tokensPerSec,
  step_ms: m.stepMs,
  eta_seconds: m.etaSeconds,
  rss_bytes: m.rssBytes,
  gpu_peak_bytes: m.gpuPeakBytes,
  skipped_steps: m.skippedSteps,
  figures: m.figures,
  alarms: m.alarms,
});

export const evalLine = (m: EvalMetrics) => ({
  step: m.step,
  weights_step: m.weightsStep,
  epoch: m.epoch,
  tokens: m.tokensSeen,
  split: m.split,
  loss: m.loss,
  ppl: m.ppl,
  bits_per_byte: m.bitsPerByte,
  figures: m.figures,
  sources: m.sources && sourceLines(m.sources),
  alarms: m.alarms,
});
