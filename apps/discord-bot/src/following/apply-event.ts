import type { TrainerEvent } from "@trainer/platform";
import { CANCELLED, runConfig, type RunState } from "./run-state.js";

/** An event worth an alert. */
export type Alert = "started" | "checkpoint" | "evaluated" | "completed" | "failed" | "canceled";

export interface Change {
  readonly state: RunState;
  readonly alert?: Alert;
}

/** The change that an event makes to a run's state; null for none. Idempotent: events come on two channels. */
export function applyEvent(before: RunState, event: TrainerEvent): Change | null {
  switch (event.type) {
    case "trainer.run.queued.v1": {
      if (before.config !== null) return null;
      const config = runConfig({ family: event.model_family, size: event.model_size });
      return { state: { ...before, config } };
    }
    case "trainer.job.started.v1":
      return begun(before);
    case "trainer.metrics.config.v1": {
      const config = runConfig({
        family: event.model_family,
        size: event.model_size,
        queue: event.queue,
        totalEpochs: event.total_epochs,
        batchSize: event.batch_size ?? null,
        learningRate: event.learning_rate ?? null,
        cpuCores: event.cpu_cores ?? null,
        memoryMb: event.memory_mb ?? null,
        threads: event.optimal_threads ?? null,
        workers: event.optimal_workers ?? null,
      });
      return same(before.config, config) ? null : { state: { ...before, config } };
    }
    case "trainer.metrics.progress.v1":
      return progressed(before, event);
    case "trainer.metrics.completed.v1": {
      const results = { testLoss: event.test_loss, testPpl: event.test_ppl };
      if (same(before.results, results)) return null;
      return before.end === "completed" ? { state: { ...before, results } } : completed({ ...before, results });
    }
    case "trainer.job.completed.v1": {
      const archive = { fileId: event.result_id, bytes: event.result_bytes };
      if (same(before.archive, archive)) return null;
      return before.end === "completed" ? { state: { ...before, archive } } : completed({ ...before, archive });
    }
    case "trainer.job.failed.v1":
      return before.phase === "ended" ? null : failed(before, { kind: event.error_kind, message: event.message });
    case "trainer.run.checkpoint.v1":
      if (event.step <= (before.checkpointStep ?? -1)) return null;
      return { state: { ...before, checkpointStep: event.step }, alert: "checkpoint" };
    case "trainer.run.evaluated.v1": {
      const { split, step, loss, ppl } = event;
      const evaluation = { split, step, loss, ppl };
      return same(before.evaluation, evaluation) ? null : { state: { ...before, evaluation }, alert: "evaluated" };
    }
    case "trainer.job.progress.v1":
      return null; // the metrics say it more exactly
  }
}

/** A start, also of a run that had ended: it is tried again, or goes on. */
function begun(before: RunState): Change | null {
  if (before.phase === "starting" || before.phase === "training") return null;
  const state = { ...before, phase: "starting", end: null, failure: null, results: null, sample: null } as const;
  return { state, alert: "started" };
}

export const completed = (before: RunState): Change => ({
  state: { ...before, phase: "ended", end: "completed", failure: null },
  alert: "completed",
});

export function failed(before: RunState, failure: NonNullable<RunState["failure"]>): Change {
  const end = failure.message === CANCELLED ? "canceled" : "failed";
  return { state: { ...before, phase: "ended", end, failure }, alert: end };
}

type Progressed = Extract<TrainerEvent, { readonly type: "trainer.metrics.progress.v1" }>;

function progressed(before: RunState, event: Progressed): Change | null {
  if (before.phase === "ended") return null; // came late, or twice
  const old = before.progress;
  const { val_loss: loss = null, val_ppl: ppl = null } = event;
  const validated = loss !== null && ppl !== null;
  if (old !== null && event.step < old.step && event.epoch <= old.epoch && before.phase === "training") return null;
  const progress = {
    epoch: event.epoch,
    totalEpochs: event.total_epochs,
    step: event.step,
    totalSteps: event.total_steps ?? old?.totalSteps ?? null,
    trainLoss: event.train_loss,
    trainPpl: event.train_ppl,
    gradNorm: event.grad_norm,
    // an epoch's end reports 0: nothing was trained during validation
    samplesPerSec: event.samples_per_sec > 0 ? event.samples_per_sec : (old?.samplesPerSec ?? null),
    tokensPerSec: event.tokens_per_sec ?? old?.tokensPerSec ?? null,
    valLoss: validated ? loss : (old?.valLoss ?? null),
    valPpl: validated ? ppl : (old?.valPpl ?? null),
    etaSeconds: event.eta_seconds ?? old?.etaSeconds ?? null,
  };
  if (before.phase === "training" && same(old, progress)) return null;
  return { state: { ...before, phase: "training", progress } };
}

const same = (a: object | null, b: object): boolean => a !== null && JSON.stringify(a) === JSON.stringify(b);
