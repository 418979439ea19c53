import { background, jobs } from "@trainer/platform";
import { traceFields } from "@trainer/platform/tracing";
import { newFailure } from "@trainer/training/files";
import { setTimeout } from "node:timers/promises";
import type { JobReport } from "../child/messages.js";
import type { Container } from "../container.js";
import { crashOf } from "../supervise/crash.js";
import { RestartBackoff } from "../supervise/restart-backoff.js";
import { startObserved } from "../telemetry/observed-child.js";
import { timeoutMs, type Work } from "./job.js";

type Outcome = Extract<JobReport, { type: "tokenizer" | "failed" }>;

/** Has a tokenizer trained. What a process before had done is lost with it, but for a tokenizer that was already saved. */
export async function tokenizerJob(work: Work, drain: AbortSignal, container: Container): Promise<void> {
  const { config, tokenizers, queuedTokenizers } = container;
  const data = work.data(jobs.tokenizer);
  const { tokenizer_id: id, request } = data;
  const log = container.log.child({ tokenizer_id: id, ...traceFields(work.span) });
  if ((await tokenizers.get(id)).status === "completed") return;
  await queuedTokenizers.keep({ tokenizerId: id, createdAt: work.queuedAt, request }).catch((error: unknown) => {
    log.warn(
      { event: "request_not_kept", reason: String(error) },
      "should Redis lose its data, it is not queued again",
    );
  });
  await tokenizers.setStatus(id, "running");
  const stuck = await work.take(0);
  const stop = AbortSignal.any([drain, AbortSignal.timeout(timeoutMs(config))]);
  const outcome: Outcome | null = stuck === null ? await made() : { type: "failed", failure: stuck };
  if (outcome?.type === "tokenizer") {
    await tokenizers.complete(id, outcome.stats);
    await queuedTokenizers.settle(id);
    return log.info({ event: "tokenizer_completed", status: "completed" }, "tokenizer completed");
  }
  if (drain.aborted) {
    await tokenizers.setStatus(id, "queued");
    await work.giveBack(container.crash.signal.aborted);
  }
  const failure = outcome?.failure ?? newFailure("TIMEOUT", "it took too long");
  const { code, message } = failure;
  log.error({ event: "tokenizer_failed", status: "failed", error_code: code, reason: message }, "tokenizer failed");
  const wait = work.retryAfter(failure, config);
  if (wait !== null) {
    await tokenizers.setStatus(id, "queued");
    await work.tryAgain(wait);
  }
  await tokenizers.fail(id, message);
  await queuedTokenizers.settle(id);
  work.fail(failure);

  function tell(percent: number): void {
    background(tokenizers.setProgress(id, percent), () => {}); // the next is told again
  }

  /** Null where it was stopped. */
  async function made(): Promise<Outcome | null> {
    const patience = new RestartBackoff();
    while (!stop.aborted) {
      let outcome: Outcome | null = null;
      const child = startObserved(container, work.span, (message) => {
        if (message.type === "tokenizer_progress") return tell(message.percent);
        if (message.type === "tokenizer" || message.type === "failed") outcome = message;
        if (message.type !== "ready") child.kill();
      });
      child.say({ type: "tokenizer", ...data });
      const kill = () => child.kill();
      stop.addEventListener("abort", kill, { once: true });
      const ended = await child.ended;
      stop.removeEventListener("abort", kill);
      if (outcome !== null || stop.aborted) return outcome;
      const failure = crashOf(ended, "trained the tokenizer");
      container.metrics.childCrashed("tokenizer", failure);
      log.warn({ event: "child_crashed", reason: failure.message }, "a tokenizer's process ended unexpectedly");
      const wait = patience.after(failure);
      if (wait === null) return { type: "failed", failure };
      await setTimeout(wait, undefined, { signal: stop }).catch(() => {});
    }
    return null;
  }
}
