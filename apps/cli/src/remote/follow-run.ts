import type { MetricsRow, RunStatus } from "@trainer/platform";
import type { Invocation } from "../define-command.js";
import { formatNumber } from "../display/quantity.js";
import { lossCurve } from "../run-display/live-lines.js";
import { RunDisplay } from "../run-display/run-display.js";
import { RunFailed } from "../run-display/run-failed.js";
import type { Server } from "./server.js";
import { statusJson } from "./status.js";

/**
 * Shows a run of a server while it goes on, as one of this machine is shown, and ends with how it ended. Ctrl-C stops
 * the watching, not the run.
 */
export async function followRemote(
  { io, out }: Pick<Invocation<unknown>, "io" | "out">,
  { client, flag }: Server,
  runId: string,
): Promise<void> {
  const display = new RunDisplay(io, out);
  const best = { loss: Infinity };
  await io
    .interruptible(async (signal) => {
      signal.addEventListener("abort", () => {
        display.note(`The run goes on. To watch it again: trainer logs ${runId} --follow${flag}`);
        display.note(`To stop it: trainer cancel ${runId}${flag}`);
      });
      let status = await client.run(runId, { signal });
      display.note(`run        ${runId} (${status.status})`);
      for await (const row of client.followMetrics(runId, { signal })) {
        if (status.training === null) status = await client.run(runId, { signal });
        display.show(eventOf(row, status, best));
        out.record(row);
      }
      status = await client.waitForRun(runId, { signal });
      display.close();
      if (status.status === "failed") throw failed(status);
      const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
      out.result(statusJson(status), () =>
        [...lossCurve(display.progress, view), "", ...outcome(status, flag)].join("\n"),
      );
    })
    .finally(() => display.close());
}

/** A line of the run's metrics, as the event that it was written for. */
function eventOf(row: MetricsRow, { training }: RunStatus, best: { loss: number }): Parameters<RunDisplay["show"]>[0] {
  const { step, epoch } = row;
  if ("split" in row) {
    const loss = row.loss ?? Infinity;
    const isBest = row.split === "validation" && loss < best.loss;
    if (isBest) best.loss = loss;
    const { split } = row;
    return {
      type: "eval",
      split,
      step,
      epoch,
      loss,
      ppl: row.ppl ?? Infinity,
      bitsPerByte: row.bits_per_byte ?? Infinity,
      best: isBest,
      seconds: 0,
    };
  }
  return {
    type: "step",
    step,
    totalSteps: training?.total_steps ?? step,
    epoch,
    epochs: training?.total_epochs ?? epoch + 1,
    loss: row.train_loss ?? Infinity,
    ppl: row.train_ppl ?? Infinity,
    lr: row.lr ?? 0,
    gradNorm: row.grad_norm ?? Infinity,
    tokensSeen: row.tokens,
    tokensPerSec: row.tokens_per_sec ?? 0,
    samplesPerSec: 0,
    stepMs: row.step_ms ?? 0,
    etaSeconds: row.eta_seconds ?? 0,
    rssBytes: row.rss_bytes ?? 0,
  };
}

function failed(status: RunStatus): RunFailed {
  const why = status.error ?? status.message ?? "the server gives no reason";
  return new RunFailed("RUN_FAILED", `run ${status.run_id} failed: ${why}`, null, statusJson(status), {});
}

const outcome = ({ run_id: id, training, artifact_file_id: file }: RunStatus, flag: string): string[] => [
  `Done: ${training?.step ?? "?"} steps`,
  `validation  loss ${formatNumber(training?.best_val_loss ?? null)}`,
  `test        loss ${formatNumber(training?.test_loss ?? null)}`,
  ...(file === null ? [] : [`archive     ${file}`]),
  "",
  "Next:",
  `  trainer generate ${id}${flag} --prompt "Once upon a time"`,
  `  trainer score ${id}${flag} --text "How likely is this?" --detail per-char`,
];
