import type { RunStatus } from "@trainer/platform";
import type { Invocation } from "../define-command.js";
import { fitTable } from "../display/fit-table.js";
import { lossCurve } from "../run-display/live-lines.js";
import { allRuns, type Server } from "./server.js";
import { STATUS_COLUMNS, statusJson } from "./status.js";

type Asked = Pick<Invocation<unknown>, "args" | "out">;

/** All of a server's runs, the newest first. */
export async function listRemote({ client, url, flag }: Server, { out }: Asked): Promise<void> {
  const runs = await allRuns(client);
  out.result({ runs: runs.map(statusJson) }, () => {
    if (runs.length === 0) return `No runs on ${url} yet. To make one: trainer train my-text.txt${flag}`;
    return fitTable(runs, STATUS_COLUMNS, out.screen.rowWidth()).join("\n");
  });
}

/** One run of a server, with its loss curve. */
export async function showRemote({ client }: Server, { args: [runId = ""], out }: Asked): Promise<void> {
  const [status, { steps, evaluations }] = await Promise.all([
    client.run(runId),
    client.metrics(runId, { points: 500 }),
  ]);
  const points = (rows: readonly { readonly step: number; readonly loss: number | null }[]) =>
    rows.flatMap(({ step, loss }) => (loss === null ? [] : [{ step, loss }]));
  const losses = {
    trainPoints: points(steps.map(({ step, train_loss: loss }) => ({ step, loss }))),
    validationPoints: points(evaluations.filter(({ split }) => split === "validation")),
  };
  const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
  out.result(statusJson(status), () => [...facts(status), "", ...lossCurve(losses, view)].join("\n"));
}

const facts = (status: RunStatus): string[] => {
  const known = Object.entries(statusJson(status)).filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name.padEnd(18)} ${String(value)}`);
};
