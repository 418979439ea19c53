import { SPLIT_VERSION } from "../corpus/split-plan.js";
import { NO_OUTCOME, type RunManifest } from "../home/manifest.js";
import type { RunOptions } from "../options/options.js";
import { effectiveBatchSize } from "../options/effective-batch-size.js";
import type { Compute } from "../step/precision.js";
import { gitCommit, system, versions } from "./system.js";
import { threadsOf } from "../step/threads.js";
import { toConfig } from "../options/wire-names.js";

/** The manifest of a run that is about to begin. */
export async function newManifest(runId: string, options: RunOptions, compute: Compute): Promise<RunManifest> {
  const now = new Date();
  return {
    run_id: runId,
    status: "running",
    created_at: Math.floor(now.getTime() / 1000),
    started_at: now.toISOString(),
    finished_at: null,
    duration_seconds: null,
    failure_class: null,
    error_code: null,
    error: null,
    model_family: options.modelFamily,
    model_size: options.modelSize,
    parameters: null,
    trainable_parameters: null,
    vocab_size: null,
    epochs: options.numEpochs,
    epochs_begun: null,
    batch_size: effectiveBatchSize(options.batchSize, compute.device, options.modelFamily),
    max_seq_len: options.maxSeqLen,
    steps: 0,
    total_steps: null,
    tokens_seen: 0,
    seed: options.seed,
    threads: await threadsOf(options.threads),
    early_stopping_patience: options.earlyStoppingPatience,
    learning_rate: options.learningRate,
    holdout_fraction: options.holdoutFraction,
    gradient_clipping: options.gradientClipping,
    test_split_ratio: options.testSplitRatio,
    finetune_lr_cap: options.finetuneLrCap,
    optimizer: options.optimizer,
    ...compute,
    deterministic: options.deterministic,
    plugins: [],
    freeze_embed: options.freezeEmbed,
    pretrained_run_id: options.pretrainedRunId,
    tokenizer_id: options.tokenizer ?? "",
    tokenizer_sha256: null,
    corpus_path: options.corpus.join(":"),
    corpus_sha256: null,
    left_out: null,
    splits: null,
    tokenizer_loss: null,
    special_tokens: null,
    begin_tokens: null,
    end_tokens: null,
    split_version: SPLIT_VERSION,
    gpu_peak_bytes: null,
    early_stopped: false,
    loss: null,
    skipped_steps: 0,
    alarms: [],
    rewinds: [],
    resumed_from: [],
    ends: [],
    parts: [],
    end_id: null,
    best_val_loss: null,
    best_step: null,
    ...NO_OUTCOME,
    requested: false,
    git_commit: await gitCommit(),
    versions: versions(),
    system: system(),
    config: toConfig({ ...options, maxSeqLen: options.maxSeqLen }),
  };
}
