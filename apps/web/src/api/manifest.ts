import { ManifestAnswer } from "@trainer/platform/browser";
import { z } from "zod";

const number = z.number().nullable().catch(null);
const text = z.string().nullable().catch(null);
const known = z.record(z.string(), z.unknown()).catch({});

const Split = z.object({ documents: number, tokens: number, bytes: number, share: number }).nullable().catch(null);

/** What the pages show of a run's manifest; null where it does not say, as those of earlier versions. */
export const RunManifest = ManifestAnswer.extend({
  started_at: text,
  finished_at: text,
  duration_seconds: number,
  model_family: text,
  model_size: text,
  parameters: number,
  trainable_parameters: number,
  vocab_size: number,
  epochs: number,
  steps: number,
  total_steps: number,
  tokens_seen: number,
  seed: number,
  threads: number,
  device: text,
  precision: text,
  gradient_clipping: number,
  pretrained_run_id: text,
  tokenizer_id: text,
  corpus_path: text,
  corpus_sha256: text,
  splits: z.object({ train: Split, validation: Split, test: Split }).nullable().catch(null),
  early_stopped: z.boolean().catch(false),
  best_val_loss: number,
  best_step: number,
  test_loss: number,
  test_perplexity: number,
  test_bits_per_byte: number,
  evaluation: z
    .object({
      split: z.string(),
      loss: number,
      perplexity: number,
      bits_per_byte: number,
      bits_per_character: number,
      tokens: number,
      documents: number,
    })
    .nullable()
    .catch(null),
  /** Alarms of its losses, and the verdict at its end. */
  alarms: z.array(z.object({ step: z.number(), message: z.string() })).catch([]),
  verdict: z
    .object({ words: z.array(z.string()) })
    .nullable()
    .catch(null),
  gpu_peak_bytes: number,
  git_commit: text,
  versions: known,
  system: known,
  config: known,
});
export type RunManifest = z.output<typeof RunManifest>;
