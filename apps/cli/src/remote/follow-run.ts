import type { Invocation } from "../framework/define-command.js";
import { lossCurve } from "../run-display/live-lines.js";
import { RunDisplay } from "../run-display/run-display.js";
import { runFailure, runOutcome } from "./outcome.js";
import { rowEvent } from "./row-event.js";
import type { Server } from "../services/server.js";
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
  let best = Infinity;
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
        const event = rowEvent(row, status.training, best);
        if (event.type === "eval" && event.best) best = event.loss;
        display.show(event);
        out.record(row);
      }
      status = await client.waitForRun(runId, { signal });
      display.close();
      if (status.status === "failed" || status.error !== null) throw runFailure(status, flag);
      const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
      out.result(statusJson(status), () =>
        [...lossCurve(display.progress, view), "", ...runOutcome(status, flag)].join("\n"),
      );
    })
    .finally(() => display.close());
}
