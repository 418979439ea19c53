import type { RunProgress, RunStatus } from "@trainer/platform";
import { completed, failed, type Change } from "./apply-event.js";
import { runConfig, type RunState } from "./run-state.js";

/** The change that the API's status makes to a run's state; null for none. It makes up for missed events. */
export function applyStatus(before: RunState, status: RunStatus): Change | null {
  const known = withTraining(before, status);
  switch (status.status) {
    case "queued":
      return changed(before, known);
    case "running": {
      if (before.phase === "training" || before.phase === "starting") return changed(before, known);
      const phase = known.progress === null ? "starting" : "training";
      return { state: { ...known, phase, end: null, failure: null }, alert: "started" };
    }
    case "completed":
      return before.end === "completed" ? null : completed(withResults(known, status));
    case "failed":
      if (before.phase === "ended") return null;
      return failed(known, { kind: "system", message: status.error ?? status.message ?? "no reason was given" });
  }
}

const changed = (before: RunState, state: RunState): Change | null => (state === before ? null : { state });

function withTraining(before: RunState, { training, model_family, model_size }: RunStatus): RunState {
  const named = model_family !== null && model_size !== null && before.config === null;
  const config = named ? runConfig({ family: model_family, size: model_size }) : before.config;
  if (training === null || training.step < (before.progress?.step ?? 0)) {
    return config === before.config ? before : { ...before, config };
  }
  return { ...before, config, progress: progressOf(before, training), checkpointStep: training.checkpoint_step };
}

function progressOf(before: RunState, training: RunProgress): NonNullable<RunState["progress"]> {
  const old = before.progress;
  const loss = training.train_loss ?? old?.trainLoss ?? null;
  const valLoss = training.val_loss ?? old?.valLoss ?? null;
  return {
    epoch: training.epoch,
    totalEpochs: training.total_epochs,
    step: training.step,
    totalSteps: training.total_steps,
    trainLoss: loss,
    trainPpl: perplexity(loss),
    gradNorm: training.grad_norm ?? old?.gradNorm ?? null,
    samplesPerSec: old?.samplesPerSec ?? null,
    tokensPerSec: training.tokens_per_sec,
    valLoss,
    valPpl: perplexity(valLoss),
    etaSeconds: training.eta_seconds,
  };
}

function withResults(state: RunState, { training, artifact_file_id: fileId }: RunStatus): RunState {
  const loss = training?.test_loss ?? null;
  const results = state.results ?? (loss === null ? null : { testLoss: loss, testPpl: perplexity(loss) });
  return { ...state, results, archive: state.archive ?? (fileId === null ? null : { fileId, bytes: null }) };
}

const perplexity = (loss: number | null) => (loss === null ? null : Math.exp(loss));
