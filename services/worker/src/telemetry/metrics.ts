import { ServiceMetrics } from "@trainer/platform/metrics";
import { diskSpace, queues, type QueueName } from "@trainer/platform";
import { Counter, Gauge, Histogram } from "prom-client";
import type { Stage } from "../child/messages.js";
import type { Failure } from "@trainer/training/files";
import type { RunFigures } from "./run-figures.js";

/** What became of a job with this worker: "returned" waits in the queue again, for another worker or another time. */
export type JobOutcome = "completed" | "failed" | "returned";

/** The work of a child process; a spare one waits for its first job. */
export type ChildWork = "training" | "tokenizer" | "answers" | "spare";

/** A child process, as far as it is measured. */
export interface MeasuredChild {
  readonly work: ChildWork;
  /** Null where that is not known. */
  readonly rssBytes: number | null;
  readonly gpuBytes: number | null;
}

export interface MetricsSources {
  readonly children: () => Iterable<MeasuredChild>;
  /** Folder whose disk fills with what is trained. */
  readonly home: string;
}

/** From a hundredth of a second to a day. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** Metrics of a worker. */
export class Metrics extends ServiceMetrics {
  readonly #registers = { registers: [this.registry] };
  readonly #jobs = new Counter({
    name: "worker_jobs_total",
    help: "Jobs that were taken from a queue and left it or went back to it, by kind and outcome",
    labelNames: ["queue", "kind", "outcome"],
    ...this.#registers,
  });
  readonly #waits = new Histogram({
    name: "worker_job_wait_seconds",
    help: "Time of jobs in a queue, until a worker took them for the first time",
    labelNames: ["queue"],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #durations = new Histogram({
    name: "worker_job_seconds",
    help: "Time from taking a job to its outcome",
    labelNames: ["kind", "outcome"],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #inProgress = new Gauge({
    name: "worker_jobs_in_progress",
    help: "Jobs that are being done",
    labelNames: ["queue"],
    ...this.#registers,
  });
  readonly #stages = new Histogram({
    name: "worker_stage_seconds",
    help: "Time of the stages of jobs: preparation, tokenizer, checkpoint, validation, upload and so on",
    labelNames: ["stage", "outcome"],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #steps = new Counter({
    name: "worker_training_steps_total",
    help: "Optimizer steps that were done",
    ...this.#registers,
  });
  readonly #tokens = new Counter({
    name: "worker_training_tokens_total",
    help: "Tokens that were trained on",
    ...this.#registers,
  });
  readonly #stepSeconds = new Counter({
    name: "worker_training_step_seconds_total",
    help: "Time that optimizer steps took: its rate over that of the steps is the mean time of a step",
    ...this.#registers,
  });
  readonly #checkpointBytes = new Counter({
    name: "worker_checkpoint_bytes_total",
    help: "Bytes of the checkpoints that were saved",
    ...this.#registers,
  });
  readonly #uploadBytes = new Counter({
    name: "worker_upload_bytes_total",
    help: "Bytes of the archives that were sent to the file service",
    ...this.#registers,
  });
  readonly #runFailures = new Counter({
    name: "worker_run_failures_total",
    help: "Runs that have failed for good, by the code of their failure",
    labelNames: ["code"],
    ...this.#registers,
  });
  readonly #crashes = new Counter({
    name: "worker_child_crashes_total",
    help: "Child processes that ended unexpectedly: killed for memory, hung, or crashed; another one goes on",
    labelNames: ["work", "reason"],
    ...this.#registers,
  });
  readonly #reconnects = new Counter({
    name: "worker_redis_reconnects_total",
    help: "Attempts to connect to Redis again after a connection was lost",
    ...this.#registers,
  });
  readonly #runs = new Set<RunFigures>();

  constructor({ children, home }: MetricsSources) {
    super();
    this.#measureChildren(children);
    this.#measureRuns();
    this.#measureDisk(home);
    this.#beginAtZero();
  }

  /** A job was taken. @param waitSeconds time in the queue; null for one that had been taken before */
  jobBegan(queue: QueueName, waitSeconds: number | null): void {
    this.#inProgress.inc({ queue });
    if (waitSeconds !== null) this.#waits.observe({ queue }, waitSeconds);
  }

  jobEnded(queue: QueueName, kind: string, outcome: JobOutcome, seconds: number): void {
    const known = KINDS.has(kind) ? kind : "other"; // a job's name is whatever its sender chose
    this.#inProgress.dec({ queue });
    this.#jobs.inc({ queue, kind: known, outcome });
    this.#durations.observe({ kind: known, outcome }, seconds);
  }

  stageEnded({ name: stage, seconds, failure, attributes }: Stage): void {
    this.#stages.observe({ stage, outcome: failure === null ? "ok" : "failed" }, seconds);
    const { bytes } = attributes;
    if (failure !== null || typeof bytes !== "number") return;
    if (stage === "checkpoint") this.#checkpointBytes.inc(bytes);
    if (stage === "upload") this.#uploadBytes.inc(bytes);
  }

  stepped({ steps, tokens, seconds }: { steps: number; tokens: number; seconds: number }): void {
    this.#steps.inc(steps);
    this.#tokens.inc(tokens);
    this.#stepSeconds.inc(seconds);
  }

  runFailed({ code }: Failure): void {
    this.#runFailures.inc({ code });
  }

  childCrashed(work: ChildWork, { code }: Failure): void {
    this.#crashes.inc({ work, reason: REASONS[code] ?? CRASHED });
  }

  reconnecting(): void {
    this.#reconnects.inc();
  }

  /** The run's figures are shown until what is returned is disposed of: no more series than trainings at a time. */
  showRun(figures: RunFigures): Disposable {
    this.#runs.add(figures);
    return { [Symbol.dispose]: () => this.#runs.delete(figures) };
  }

  /** A series that begins with its first event has no increase by it: those that alerts go by are there from the start. */
  #beginAtZero(): void {
    for (const queue of Object.keys(queues)) this.#inProgress.set({ queue }, 0);
    for (const work of ["training", "tokenizer", "answers"])
      for (const reason of [CRASHED, ...Object.values(REASONS)]) this.#crashes.inc({ work, reason }, 0);
    for (const code of FAILURES) this.#runFailures.inc({ code }, 0);
    for (const stage of ["checkpoint", "upload"])
      for (const outcome of ["ok", "failed"]) this.#stages.zero({ stage, outcome });
  }

  #measureChildren(children: () => Iterable<MeasuredChild>): void {
    const labelNames = ["work"];
    const count = new Gauge({
      name: "worker_children",
      help: "Child processes by their work; a spare one waits for the next job",
      labelNames,
      ...this.#registers,
      collect() {
        count.reset();
        for (const { work } of children()) count.inc({ work });
      },
    });
    const memory = new Gauge({
      name: "worker_child_resident_memory_bytes",
      help: "Resident memory of child processes, by their work; on Linux",
      labelNames,
      ...this.#registers,
      collect() {
        memory.reset();
        for (const { work, rssBytes } of children()) if (rssBytes !== null) memory.inc({ work }, rssBytes);
      },
    });
    const gpu = new Gauge({
      name: "worker_child_gpu_memory_bytes",
      help: "GPU memory of child processes, by their work; absent where they use none",
      labelNames,
      ...this.#registers,
      collect() {
        gpu.reset();
        for (const { work, gpuBytes } of children()) if (gpuBytes !== null) gpu.inc({ work }, gpuBytes);
      },
    });
  }

  #measureRuns(): void {
    const show = (name: string, help: string, figure: (run: RunFigures) => number | null) => {
      const runs = this.#runs;
      const gauge = new Gauge({
        name,
        help: `${help}, of runs in training`,
        labelNames: ["run_id"],
        ...this.#registers,
        collect() {
          gauge.reset();
          for (const run of runs) {
            const value = figure(run);
            if (value !== null) gauge.set({ run_id: run.runId }, value);
          }
        },
      });
    };
    show(
      "worker_run_progress_ratio",
      "Steps done, from 0 to 1",
      ({ progress }) => progress && progress.step / progress.total_steps,
    );
    show(
      "worker_run_train_loss",
      "Loss of the last batch, in nats per token",
      ({ progress }) => progress && progress.train_loss,
    );
    show(
      "worker_run_val_loss",
      "Loss of the latest validation, in nats per token",
      ({ progress }) => progress && progress.val_loss,
    );
    show(
      "worker_run_best_val_loss",
      "Least loss of a validation, in nats per token",
      ({ progress }) => progress && progress.best_val_loss,
    );
    show("worker_run_tokens_per_second", "Speed of training", ({ progress }) => progress && progress.tokens_per_sec);
  }

  #measureDisk(home: string): void {
    const labelNames = ["state"];
    const disk = new Gauge({
      name: "worker_disk_bytes",
      help: "The disk of the home: its size, and what is free for the worker",
      labelNames,
      ...this.#registers,
      async collect() {
        const { totalBytes, freeBytes } = await diskSpace(home);
        disk.set({ state: "total" }, totalBytes);
        disk.set({ state: "free" }, freeBytes);
      },
    });
  }
}

const KINDS: ReadonlySet<string> = new Set(Object.values(queues).flat());

/** Failures that are no mistake in what was asked for. */
const FAILURES: readonly Failure["code"][] = [
  "TRAINING_NAN_LOSS",
  "TRAINING_DIVERGED",
  "TRAINING_OOM",
  "CUDA_OOM",
  "JOB_FAILED",
  "TIMEOUT",
  "INTERNAL_ERROR",
  "INSUFFICIENT_STORAGE",
  "ARTIFACT_UPLOAD_FAILED",
];

/** The reason of a crash, by the code of its failure. */
const REASONS: Readonly<Partial<Record<Failure["code"], string>>> = { TRAINING_OOM: "oom", TIMEOUT: "hung" };
const CRASHED = "crashed";
