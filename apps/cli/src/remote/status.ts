import type { RunStatus } from "@trainer/platform";
import { formatDuration } from "../display/duration.js";
import { formatCount, formatNumber } from "../display/quantity.js";

/** A server's run as `--json` tells it. */
export const statusJson = ({ training, ...run }: RunStatus): Record<string, unknown> => ({ ...run, ...training });

/** A row of `runs list`; the heads are `STATUS_HEAD`. */
export function statusRow({ run_id: id, status, training, message }: RunStatus): string[] {
  return [
    id,
    status,
    training === null ? "-" : `${formatCount(training.step)}/${formatCount(training.total_steps)}`,
    formatNumber(training?.best_val_loss ?? null),
    formatNumber(training?.test_loss ?? null),
    status === "running" ? left(training) : "-",
    status === "failed" ? (message ?? "") : "",
  ];
}

const left = (training: RunStatus["training"]): string => {
  const eta = training?.eta_seconds ?? null;
  return eta === null ? "-" : formatDuration(eta);
};

export const STATUS_HEAD = ["RUN", "STATUS", "STEPS", "VAL LOSS", "TEST LOSS", "LEFT", ""];
