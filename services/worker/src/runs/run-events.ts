import { percentOf, type TrainerEvent, type TrainSettings } from "@trainer/platform";
import type { RunChange } from "@trainer/platform/redis";
import type { RunUpdate, Trained } from "../child/messages.js";

const QUEUE = "trainer";

/** Publishes a run's events and updates its record, in the form that clients know. */
export class RunEvents {
  readonly #of: { readonly job_id: string; readonly user_id: bigint };
  readonly #job: { readonly domain: "trainer"; readonly job_id: string; readonly user_id: bigint };
  readonly #request: TrainSettings;

  constructor(runId: string, userId: bigint, request: TrainSettings) {
    this.#of = { job_id: runId, user_id: userId };
    this.#job = { domain: "trainer", ...this.#of };
    this.#request = request;
  }

  started(): TrainerEvent {
    return { type: "trainer.job.started.v1", ...this.#job, queue: QUEUE };
  }

  failed(message: string, kind: "user" | "system"): TrainerEvent {
    return { type: "trainer.job.failed.v1", ...this.#job, error_kind: kind, message };
  }

  completed(sent: { readonly fileId: string; readonly bytes: number }, trained: Trained): TrainerEvent[] {
    const test_loss = trained.testLoss ?? trained.trainLoss ?? 0;
    return [
      { type: "trainer.job.completed.v1", ...this.#job, result_id: sent.fileId, result_bytes: sent.bytes },
      {
        type: "trainer.metrics.completed.v1",
        ...this.#of,
        test_loss,
        test_ppl: Math.exp(test_loss),
        artifact_path: trained.path,
      },
    ];
  }

  update(update: RunUpdate): { readonly change: RunChange; readonly events: TrainerEvent[] } {
    switch (update.kind) {
      case "config":
        return { change: { message: "training" }, events: [this.#config(update)] };
      case "step":
        return this.#progress(update, { samplesPerSec: update.samplesPerSec });
      case "validation":
        return this.#progress(update, { samplesPerSec: 0, validation: update });
      case "checkpoint": {
        const { training, best } = update;
        const step = training.checkpoint_step ?? training.step;
        return { change: { training }, events: [{ type: "trainer.run.checkpoint.v1", ...this.#of, step, best }] };
      }
    }
  }

  #config(config: Extract<RunUpdate, { kind: "config" }>): TrainerEvent {
    return {
      type: "trainer.metrics.config.v1",
      ...this.#of,
      model_family: config.modelFamily,
      model_size: config.modelSize,
      total_epochs: this.#request.num_epochs,
      queue: QUEUE,
      cpu_cores: config.threads,
      optimal_threads: config.threads,
      batch_size: config.batchSize,
      learning_rate: config.learningRate,
    };
  }

  #progress(
    { at, training }: Extract<RunUpdate, { kind: "step" | "validation" }>,
    about: { readonly samplesPerSec: number; readonly validation?: Extract<RunUpdate, { kind: "validation" }> },
  ): { change: RunChange; events: TrainerEvent[] } {
    const { epoch, total_epochs, step, total_steps } = training;
    const { validation } = about;
    const progress = percentOf(training);
    const train_loss = training.train_loss ?? Infinity;
    return {
      change: { progress, message: "training", training },
      events: [
        { type: "trainer.job.progress.v1", ...this.#job, progress, message: "training" },
        {
          type: "trainer.metrics.progress.v1",
          ...this.#of,
          epoch,
          total_epochs,
          step,
          train_loss,
          train_ppl: Math.exp(train_loss),
          grad_norm: validation?.gradNorm ?? training.grad_norm ?? 0,
          samples_per_sec: about.samplesPerSec,
          total_steps,
          tokens_per_sec: training.tokens_per_sec ?? 0,
          eta_seconds: training.eta_seconds ?? 0,
          at,
          ...(validation === undefined ? {} : { val_loss: validation.loss, val_ppl: Math.exp(validation.loss) }),
        },
      ],
    };
  }
}
