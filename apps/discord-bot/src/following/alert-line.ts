import { fit, plain, ticked } from "../text/fit.js";
import { decimal } from "../text/quantity.js";
import { redact } from "../text/redact.js";
import type { Alert } from "./apply-event.js";
import type { RunState } from "./run-state.js";

/** One line for something that happened to a run. */
export function alertLine(alert: Alert, state: RunState): string {
  const run = ticked(state.runId);
  switch (alert) {
    case "started":
      return `${run} has started`;
    case "checkpoint":
      return `${run} saved a checkpoint at step ${state.checkpointStep}`;
    case "evaluated": {
      const { split = "", loss = null, ppl = null } = state.evaluation ?? {};
      return `${run} was evaluated (${split}): loss ${decimal(loss, 4)}, perplexity ${decimal(ppl, 2)}`;
    }
    case "completed": {
      const { testLoss = null, testPpl = null } = state.results ?? {};
      const measured =
        testLoss === null ? "" : `: test loss ${decimal(testLoss, 4)}, perplexity ${decimal(testPpl, 2)}`;
      return `${run} **is completed**${measured}`;
    }
    case "failed":
      return `${run} **has failed**: ${plain(fit(redact(state.failure?.message ?? ""), 300))}`;
    case "canceled":
      return `${run} was canceled`;
  }
}
