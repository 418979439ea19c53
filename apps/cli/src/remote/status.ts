import type { RunStatus } from "@trainer/platform";
import type { Column } from "../display/fit-table.js";
import { formatMoment } from "../display/moment.js";
import { formatDuration } from "../display/duration.js";
import { formatCount, formatNumber } from "../display/quantity.js";

/** A server's run as `--json` tells it. */
export const statusJson = ({ training, ...run }: RunStatus): Record<string, unknown> => ({ ...run, ...training });

/** The columns of `runs list`. */
export const STATUS_COLUMNS: readonly Column<RunStatus>[] = [
  { head: "RUN", cell: ({ run_id: id }) => id },
  { head: "STATUS", cell: ({ status }) => status },
  { head: "ASKED", cell: ({ created_at: at }) => formatMoment(new Date(at)), spare: 4 },
  { head: "STEPS", cell: ({ training }) => steps(training), right: true },
  { head: "VAL LOSS", cell: ({ training }) => formatNumber(training?.best_val_loss ?? null), right: true, spare: 1 },
  { head: "TEST LOSS", cell: ({ training }) => formatNumber(training?.test_loss ?? null), right: true, spare: 3 },
  { head: "LEFT", cell: left, right: true, spare: 2 },
  { head: "", cell: ({ status, message }) => (status === "failed" ? (message ?? "") : ""), least: 8 },
];

const steps = (training: RunStatus["training"]) =>
  training === null ? "-" : `${formatCount(training.step)}/${formatCount(training.total_steps)}`;

function left({ status, training }: RunStatus): string {
  const eta = status === "running" ? (training?.eta_seconds ?? null) : null;
  return eta === null ? "-" : formatDuration(eta);
}
