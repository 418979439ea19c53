import type { MetricsHistory } from "@trainer/platform/browser";
import { RunManifest } from "../api/manifest.js";
import type { Compared } from "../pages/compare/compared.js";
import { listedRun } from "./listed-run.js";

/** Metrics of a run of so many steps whose losses fall from `loss` on by a tenth a step. */
export const metricsOf = (id: string, steps: number, loss = 4): MetricsHistory => ({
  run_id: id,
  steps: Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    epoch: 0,
    tokens: 100 * (i + 1),
    train_loss: loss - i / 10,
    train_ppl: 10,
    lr: 0.001,
    grad_norm: 1,
    tokens_per_sec: 1000 + i,
    step_ms: 100,
    eta_seconds: 1,
    rss_bytes: 1e9,
  })),
  evaluations: [
    { step: steps, epoch: 0, tokens: 100 * steps, split: "validation", loss: loss - 1, ppl: 10, bits_per_byte: 1.5 },
    { step: steps, epoch: 0, tokens: 100 * steps, split: "test", loss: loss - 0.9, ppl: 10, bits_per_byte: 1.6 },
  ],
  total_steps_logged: steps,
});

/** A manifest as a service answers it. */
export const manifestOf = (id: string, manifest: Partial<RunManifest> = {}): RunManifest =>
  RunManifest.parse({
    run_id: id,
    status: "completed",
    corpus_path: "/texts/a.txt",
    corpus_sha256: "abc",
    ...manifest,
  });

/** A run to compare. */
export const comparedRun = (
  id: string,
  manifest: Partial<RunManifest> = {},
  more: Partial<Compared> = {},
): Compared => ({
  id,
  color: "--run-1",
  run: listedRun({ run_id: id, status: "completed" }),
  manifest: manifestOf(id, manifest),
  metrics: metricsOf(id, 4),
  ...more,
});
