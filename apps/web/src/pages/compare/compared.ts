import type { MetricsHistory, RunStatus } from "@trainer/platform/browser";
import type { RunManifest } from "../../api/manifest.js";

/** A run beside others; null: not read yet, or not there. */
export interface Compared {
  readonly id: string;
  /** The name of the CSS variable that holds its colour. */
  readonly color: string;
  readonly run: RunStatus | null;
  readonly manifest: RunManifest | null;
  readonly metrics: MetricsHistory | null;
}
