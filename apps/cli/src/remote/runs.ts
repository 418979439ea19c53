import type { RunStatus } from "@trainer/platform";
import type { Invocation } from "../framework/define-command.js";
import { formatCount, formatNumber } from "../display/quantity.js";
import { fitTable } from "../display/fit-table.js";
import { lossCurve } from "../run-display/live-lines.js";
import { lossesOf } from "./losses.js";
import { allRuns, type Server } from "../services/server.js";
import { STATUS_COLUMNS, statusJson } from "./status.js";

type Call = Pick<Invocation<unknown>, "out">;

/** All of a server's runs, the newest first. */
export async function listRemote({ client, url, flag }: Server, { out }: Call): Promise<void> {
  const runs = await allRuns(client);
  out.result({ runs: runs.map(statusJson) }, () => {
    if (runs.length === 0) return `No runs on ${url} yet. To make one: trainer train my-text.txt${flag}`;
    return fitTable(runs, STATUS_COLUMNS, out.screen.rowWidth()).join("\n");
  });
}

/** One run of a server, with its loss curve. */
export async function showRemote({ client }: Server, runId: string, { out }: Call): Promise<void> {
  const [status, history] = await Promise.all([client.run(runId), client.metrics(runId, { points: 500 })]);
  const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
  out.result(statusJson(status), () => [...facts(status), "", ...lossCurve(lossesOf(history), view)].join("\n"));
}

/** The same lines, in the same order, that a run of this machine has, as far as the server tells. */
export function facts(status: RunStatus): string[] {
  const {
    run_id: id,
    model_family: family,
    model_size: size,
    artifact_file_id: file,
    training,
    message,
    error,
  } = status;
  const why = error ?? message;
  const best = training?.best_val_loss ?? null;
  const test = training?.test_loss ?? null;
  return [
    `run         ${id}`,
    `status      ${status.status}`,
    ...(file === null ? [] : [`archived    as file ${file}`]),
    ...(family === null ? [] : [`model       ${family} ${size ?? "?"}`]),
    `asked       ${status.created_at}`,
    ...(training === null
      ? []
      : [`progress    ${formatCount(training.step)} of ${formatCount(training.total_steps)} steps`]),
    ...(best === null ? [] : [`validation  loss ${formatNumber(best)}`]),
    ...(test === null ? [] : [`test        loss ${formatNumber(test)}  ppl ${formatNumber(Math.exp(test))}`]),
    ...(status.status !== "failed" || why === null ? [] : [`error       ${why}`]),
  ];
}
