import { answering, refusal } from "./answers.js";

// A run as the API has it.

export const ID = "gpt2-tiny-1";
export const progress = {
  step: 20,
  total_steps: 40,
  epoch: 0,
  total_epochs: 2,
  train_loss: 2.5,
  lr: 0.001,
  grad_norm: 0.5,
  tokens_per_sec: 1000,
  eta_seconds: 65,
  val_loss: 2.4,
  best_val_loss: 2.4,
  test_loss: null,
  checkpoint_step: 20,
  rss_bytes: 1024,
};
export const run = {
  run_id: ID,
  status: "running",
  last_heartbeat_ts: Date.now() / 1000,
  message: "Training started",
  progress: 50,
  created_at: "2026-11-29T13:00:00",
  updated_at: "2026-11-29T13:01:00",
  error: null,
  model_family: "gpt2",
  model_size: "tiny",
  artifact_file_id: null,
  training: progress,
};
export const completed = { ...run, status: "completed", progress: 100, message: "Training completed" };
export const failed = { ...run, status: "failed", message: "Training failed", error: "the disk is full" };
const split = { documents: 10, tokens: 1000, bytes: 2048, asked: 0.84, share: 0.84 };
export const manifest = {
  run_id: ID,
  status: "completed",
  started_at: "2026-11-29T13:00:00.000Z",
  finished_at: "2026-11-29T13:02:00.000Z",
  duration_seconds: 120,
  model_family: "gpt2",
  model_size: "tiny",
  parameters: 3_192_576,
  trainable_parameters: 1000,
  vocab_size: 65,
  tokens_seen: 1_700_000,
  seed: 42,
  threads: 2,
  device: "cpu",
  precision: "fp32",
  gradient_clipping: 0.5,
  pretrained_run_id: "base-1",
  tokenizer_id: "char-1",
  corpus_path: "/data/text.txt",
  corpus_sha256: "abc",
  splits: { train: split, validation: split, test: { ...split, share: null } },
  early_stopped: true,
  best_val_loss: 2.25,
  best_step: 10,
  test_loss: 2.75,
  test_perplexity: 15.6,
  test_bits_per_byte: null,
  evaluation: {
    split: "validation",
    loss: 2.25,
    perplexity: 9.5,
    bits_per_byte: 3.25,
    bits_per_character: 3.5,
    tokens: 900,
    documents: 9,
  },
  gpu_peak_bytes: 2048,
  git_commit: "f4362f50",
  versions: { torch: "2.15.0", datasets: "unknown" },
  system: { platform: "linux", machine: "x86_64" },
  config: { batch_size: 8, num_epochs: 1 },
};
export const row = (step: number) => ({
  step,
  epoch: 0,
  tokens: step * 10,
  train_loss: 4 - step / 10,
  train_ppl: 1,
  lr: 0.001,
  grad_norm: 0.5,
  tokens_per_sec: 1000,
  step_ms: 10,
  eta_seconds: 1,
  rss_bytes: 1024,
});
export const metrics = {
  run_id: ID,
  steps: [row(1), row(10), row(20)],
  evaluations: [{ step: 10, epoch: 0, tokens: 100, split: "validation", loss: 2.25, ppl: 9, bits_per_byte: 3 }],
  total_steps_logged: 3,
};
export const none = { ...metrics, steps: [], evaluations: [], total_steps_logged: 0 };
export const line = (level: string, message: string) =>
  `${JSON.stringify({ timestamp: "2026-11-29T13:00:00", level, message, event: "e", steps: 5, run_id: ID })}\n`;
export const evaluation = {
  run_id: ID,
  split: "test",
  status: "queued",
  loss: null,
  perplexity: null,
  artifact_path: null,
  message: null,
};
export const log = () =>
  new Response(line("INFO", "run started") + line("WARNING", "slow disk") + line("ERROR", "disk full"));

export const evaluated = {
  evaluated_at: "2026-11-29T13:02:00.000Z",
  split: "validation",
  path: null,
  stride: null,
  eval_tokens: null,
  loss: 2.25,
  perplexity: 9.5,
  bits_per_byte: 3.25,
  bits_per_character: 3.5,
  tokens: 900,
  documents: 9,
  distinct_1: 0.5,
  distinct_2: 0.5,
  repetition_4: 0,
};
export const sample = {
  prompt: "The ",
  output: "<b>end</b>",
  seed: 42,
  steps: 8,
  finish_reason: "length",
  max_new_tokens: 8,
  temperature: 0.8,
  top_k: 50,
  top_p: 0.95,
};
export const file = { path: "config.json", bytes: 20, modified: "2026-11-29T13:02:00.000Z", step: null, sha256: null };

export const answers = (more: Parameters<typeof answering>[0] = {}) =>
  answering({
    [`GET /runs/${ID}`]: completed,
    [`GET /runs/${ID}/manifest`]: manifest,
    [`GET /runs/${ID}/metrics`]: metrics,
    [`GET /runs/${ID}/logs`]: log,
    [`GET /runs/${ID}/eval`]: refusal(404, "EVAL_NOT_FOUND", "evaluation not found"),
    [`GET /runs/${ID}/notes`]: { tags: [], note: "" },
    [`GET /runs/${ID}/evals`]: { run_id: ID, evaluations: [evaluated] },
    [`GET /runs/${ID}/samples`]: { run_id: ID, samples: [sample] },
    [`GET /runs/${ID}/files`]: { run_id: ID, files: [file], truncated: false },
    "GET /runs": { runs: [], next: null },
    ...more,
  });
