import { z } from "zod";
import { figure } from "./fields.js";

const place = {
  /** Optimizer steps over all epochs, from 1. */
  step: z.int(),
  /** Epoch, from 0. */
  epoch: z.int(),
  tokens: z.int(),
};

/** Symptoms of a training that goes wrong, first seen since the line before; omitted for none. */
const alarms = z.array(z.string()).optional();

/** Further means of what a run makes small, by their names; omitted for none. */
const figures = z.record(z.string(), figure).optional();

/** A logged step. Losses are in nats per token. */
export const StepMetrics = z.object({
  ...place,
  train_loss: figure,
  train_ppl: figure,
  lr: figure,
  /** Before clipping. */
  grad_norm: figure,
  tokens_per_sec: figure,
  step_ms: figure,
  eta_seconds: figure,
  rss_bytes: figure,
  /** Number of steps so far that changed nothing, since their gradients overflowed in fp16; omitted for none. */
  skipped_steps: z.int().optional(),
  /** The most that tensors took on the GPU so far; left out on a CPU. */
  gpu_peak_bytes: z.number().optional(),
  figures,
  alarms,
});
export type StepMetrics = z.output<typeof StepMetrics>;

/** An evaluation while training. */
export const EvalMetrics = z.object({
  ...place,
  split: z.enum(["validation", "test"]),
  loss: figure,
  ppl: figure,
  bits_per_byte: figure,
  /** After which step the weights were as they are, where that is not `step`: at the end the best ones are tested. */
  weights_step: z.int().optional(),
  figures,
  /** Of each text where a run mixes several: the other figures are of their mixture. */
  sources: z
    .array(z.object({ source: z.string(), loss: figure, ppl: figure, bits_per_byte: figure, tokens: z.int() }))
    .optional(),
  alarms,
});
export type EvalMetrics = z.output<typeof EvalMetrics>;

/** A line of `metrics.jsonl`, and the data of an event of GET /runs/{run_id}/metrics/stream. */
export const MetricsRow = z.union([EvalMetrics, StepMetrics]);
export type MetricsRow = z.output<typeof MetricsRow>;

/** GET /runs/{run_id}/metrics: steps downsampled to the requested number, evaluations complete. */
export const MetricsHistory = z.object({
  run_id: z.string(),
  steps: z.array(StepMetrics),
  evaluations: z.array(EvalMetrics),
  /** Number of logged steps. */
  total_steps_logged: z.int(),
  steps_in_range: z
    .int()
    .optional()
    .describe("How many of them are from `from` to `to`; as many are given as `points` allows."),
  resumed_from: z.array(z.int()).optional().describe("Steps from which the run went on after an interruption."),
});
export type MetricsHistory = z.output<typeof MetricsHistory>;
