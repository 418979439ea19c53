import type { RunEvent, RunResult } from "@trainer/training";
import type { Invocation } from "../framework/define-command.js";
import { formatCount } from "../display/quantity.js";
import { ECHO_MS, SIGNALS } from "../process/interrupts.js";
import { trainOn } from "./train-on.js";
import { RunDisplay, type Known } from "./run-display.js";
import { runFailed } from "./run-failed.js";
import type { RunProgress } from "./run-progress.js";
import { resultJson, summary } from "./summary.js";

export interface RunHooks {
  readonly home: string;
  readonly onEvent: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/** Trains while showing it, and ends with the summary: what `train` and `resume` have in common. */
export async function followRun(
  { home, flags, io, out }: Pick<Invocation<unknown>, "home" | "flags" | "io" | "out">,
  begin: (hooks: RunHooks) => Promise<RunResult>,
  known: Known = {},
): Promise<RunResult> {
  const display = new RunDisplay(io, out, known);
  return await io
    .interruptible(async (signal) => {
      const { hearOnce } = await import("@trainer/torch");
      const { stepLine } = await import("@trainer/training/files");
      const onEvent = (event: RunEvent) => {
        display.show(event);
        const val_loss = display.progress.validation?.loss ?? null;
        if (event.type === "step") out.record({ ...stepLine(event), val_loss });
      };
      hearOnce(SIGNALS, ECHO_MS); // a step may be long: a second signal must not have to wait for its end
      signal.addEventListener("abort", () => {
        const what = display.progress.start === null ? "Stopping." : "Stopping after this step, and saving.";
        display.note(`${what} Once more, a second from now or later, quits at once, without saving.`);
      });
      const result = await begin({ home, onEvent, signal }).catch((error: unknown) => {
        throw runFailed(error, display.progress, flags);
      });
      display.close();
      if (result.status === "interrupted") {
        out.record(resultJson(result));
        out.warn(`${whatIsKept(result, display.progress)}\n  trainer resume ${result.runId}${flags}`);
        signal.throwIfAborted();
      }
      const { columns, unicode } = out.screen;
      const view = { columns: columns(), unicode, paint: out.paint };
      const more = trainOn(result, display.progress, flags);
      out.result(resultJson(result), () => summary(result, display.progress, { flags, more }, view));
      return result;
    })
    .finally(() => display.close());
}

/** State from which a stopped run would resume. */
function whatIsKept({ steps }: RunResult, { saved, ready }: RunProgress): string {
  if (saved) return `Stopped after step ${formatCount(steps)}; all is saved. To go on:`;
  const kept = ready.text
    ? "its tokenizer and its encoded text are"
    : ready.tokenizer
      ? "its tokenizer is"
      : "nothing is";
  return `Stopped before the first step; ${kept} kept. To begin it again:`;
}
