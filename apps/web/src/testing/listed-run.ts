import type { ListedRun, RunProgress } from "@trainer/platform/browser";

/** Progress of a run halfway through. */
export const someProgress: RunProgress = {
  step: 50,
  total_steps: 100,
  epoch: 0,
  total_epochs: 1,
  train_loss: 2.5,
  lr: 0.001,
  grad_norm: 0.9,
  tokens_per_sec: 1000,
  eta_seconds: 200,
  val_loss: 2.75,
  best_val_loss: 2.7,
  test_loss: null,
  checkpoint_step: 40,
  rss_bytes: 1e9,
};

/** A run that is halfway, as `GET /runs` has it, but for what is given. */
export const listedRun = (run: Partial<ListedRun> = {}): ListedRun => ({
  run_id: "gpt2-1",
  status: "running",
  last_heartbeat_ts: Date.now() / 1000,
  message: "training",
  progress: 50,
  created_at: new Date(Date.now() - 300_000).toISOString().slice(0, -1),
  updated_at: new Date().toISOString().slice(0, -1),
  error: null,
  model_family: "gpt2",
  model_size: "tiny",
  artifact_file_id: null,
  training: someProgress,
  managed: true,
  corpus: "/home/me/texts/novels.txt",
  tokenizer_id: "bpe-4k",
  tags: [],
  best_val_loss: 2.7,
  bits_per_byte: null,
  started_at: new Date(Date.now() - 290_000).toISOString(),
  ended_at: null,
  duration_seconds: null,
  sparkline: [4, 3, 2.5],
  ...run,
});
