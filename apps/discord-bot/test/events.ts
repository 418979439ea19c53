import type { TrainerEvent } from "@trainer/platform";

/** The events of a run, as a worker publishes them. */
export const eventsOf = (job_id: string, user: string | bigint) => {
  const who = { job_id, user_id: BigInt(user) };
  const job = { domain: "trainer", ...who } as const;
  return {
    queued: { type: "trainer.run.queued.v1", ...who, model_family: "gpt2", model_size: "tiny" },
    started: { type: "trainer.job.started.v1", ...job, queue: "trainer" },
    config: {
      type: "trainer.metrics.config.v1",
      ...who,
      model_family: "gpt2",
      model_size: "tiny",
      total_epochs: 3,
      queue: "trainer",
      cpu_cores: 2,
      memory_mb: 4096,
      optimal_threads: 2,
      optimal_workers: 0,
      batch_size: 4,
      learning_rate: 0.0005,
      total_steps: 300,
    },
    step: (step: number, more: object = {}) => ({
      type: "trainer.metrics.progress.v1" as const,
      ...who,
      epoch: Math.floor((step - 1) / 100),
      total_epochs: 3,
      step,
      train_loss: 4.2,
      train_ppl: 66.686,
      grad_norm: 1.10004,
      samples_per_sec: 88.04,
      ...more,
    }),
    checkpoint: (step: number) => ({ type: "trainer.run.checkpoint.v1" as const, ...who, step, best: true }),
    evaluated: { type: "trainer.run.evaluated.v1", ...who, split: "validation", step: 100, loss: 3.1, ppl: 22.2 },
    jobCompleted: { type: "trainer.job.completed.v1", ...job, result_id: "f".repeat(64), result_bytes: 3_200_000 },
    completed: {
      type: "trainer.metrics.completed.v1",
      ...who,
      test_loss: 3,
      test_ppl: 20.0855,
      artifact_path: "/data/artifacts/models/x",
    },
    failed: (message: string, error_kind: "user" | "system" = "system") => ({
      type: "trainer.job.failed.v1" as const,
      ...job,
      error_kind,
      message,
    }),
  } as const satisfies Record<string, TrainerEvent | ((...args: never[]) => TrainerEvent)>;
};
