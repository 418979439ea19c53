import { setTimeout } from "node:timers/promises";
import { newFailure, type Failure } from "@trainer/training/files";
import type { JobReport, ToChild, RunUpdate } from "../child/messages.js";
import type { RunEvents } from "../runs/run-events.js";
import type { RunLease } from "../runs/run-lease.js";
import type { Child } from "./child.js";
import { crashOf } from "./crash.js";
import { RestartBackoff } from "./restart-backoff.js";
import type { Stop, StopCause } from "./stop.js";

/** Outcome of a run's lease with this worker. */
export type Ending = "completed" | StopCause | Failure;

export interface TrainRun {
  readonly lease: RunLease;
  readonly events: RunEvents;
  readonly stop: Stop;
  /** The first message to a child, completed with the last reported progress. */
  readonly begin: Extract<ToChild, { type: "train" }>;
  readonly startChild: (onMessage: (message: JobReport) => void) => Child;
  /** Called, possibly several times, when the process will soon stop computing. */
  readonly onSoonOver: () => void;
  readonly onCrash: (failure: Failure) => void;
  /** True once the run's configuration was reported; once is enough, however many processes start. */
  configReported: boolean;
}

/** Grace period of a requested stop. */
const GRACE_MS: Readonly<Record<StopCause, number>> = { cancelled: 1500, drained: 12_000, lost: 0, timeout: 1500 };

/**
 * Has a run trained by child processes: where one crashes, another goes on from the newest checkpoint, unless they get no
 * further.
 */
export async function trainRun(run: TrainRun): Promise<Ending> {
  const backoff = new RestartBackoff();
  let { lastReported } = run.begin;
  for (;;) {
    if (run.stop.cause !== null) return run.stop.cause;
    const session = new Session(run, { ...run.begin, lastReported });
    const ending = await session.ended;
    if (ending !== "crashed") return ending;
    const failure = crashOf(await session.child.ended, "trained the run");
    run.onCrash(failure);
    if (session.lastReported !== lastReported) backoff.forgive();
    lastReported = session.lastReported;
    const wait = backoff.after(failure);
    if (wait === null) return failure;
    await setTimeout(wait, undefined, { signal: run.stop.signal }).catch(() => {});
  }
}

/** A run that will be trained in so many seconds is soon over: about as long as a process takes to start. */
const SOON_SEC = 2;

/** One child's part of it. */
class Session {
  readonly child: Child;
  readonly ended: Promise<Ending | "crashed">;
  lastReported: TrainRun["begin"]["lastReported"];
  readonly #run: TrainRun;
  /** Work for the messages so far, in their order. */
  #work: Promise<unknown> = Promise.resolve();
  #ending: Ending | null = null;

  constructor(run: TrainRun, begin: TrainRun["begin"]) {
    this.#run = run;
    this.lastReported = begin.lastReported;
    this.child = run.startChild((message) => {
      this.#work = this.#work.then(() => this.#onMessage(message)).catch(this.#fail);
    });
    this.child.say(begin);
    this.ended = this.#end();
  }

  async #end(): Promise<Ending | "crashed"> {
    const over = new AbortController();
    using _ = this.#run.stop.whenStopped((cause) => this.#stopChild(cause, over.signal));
    await this.child.ended;
    over.abort();
    await this.#work;
    return this.#ending ?? this.#run.stop.cause ?? "crashed";
  }

  #stopChild(cause: StopCause, over: AbortSignal): void {
    this.child.say({ type: "stop" });
    setTimeout(GRACE_MS[cause], undefined, { signal: over }).then(
      () => this.child.kill(),
      () => {},
    );
  }

  /** A failure to handle its messages fails this run, and may be transient. */
  readonly #fail = (error: unknown): void => {
    const message = `what the training's process reported could not be kept: ${String(error)}`;
    this.#ending ??= newFailure("INTERNAL_ERROR", message, "TRANSIENT");
    this.child.kill();
  };

  async #onMessage(message: JobReport): Promise<void> {
    const { lease, stop } = this.#run;
    switch (message.type) {
      case "update":
        return this.#update(message.update);
      case "trained":
        this.#run.onSoonOver();
        await lease.checkCancelled();
        if (stop.cause === null) this.child.say({ type: "send" });
        else this.child.kill();
        return;
      case "sent":
        return await this.#sent(message);
      case "done":
        return this.child.kill();
      case "failed":
        this.#ending ??= message.failure;
        return this.child.kill();
      case "stopped":
        return this.child.kill();
      case "ready":
      case "tokenizer":
      case "tokenizer_progress":
      case "piece":
      case "answer":
      case "refused":
        return;
    }
  }

  #update(update: RunUpdate): void {
    const { lease, events, configReported } = this.#run;
    if (update.kind === "config") this.#run.configReported = true;
    else this.lastReported = update.training;
    if (update.kind === "step" && Number(update.training.eta_seconds) <= SOON_SEC) this.#run.onSoonOver();
    if (update.kind === "config" && configReported) return;
    const { change, events: published } = events.update(update);
    lease.push(change, published, { passing: update.kind === "step" && !update.border });
  }

  /** The run is safe. From here on nothing can fail or repeat it: the record is updated before its folder goes. */
  async #sent(sent: Extract<JobReport, { type: "sent" }>): Promise<void> {
    const { lease, events } = this.#run;
    const { trained } = sent;
    const training = trained.progress ?? this.lastReported;
    await lease.write(
      {
        status: "completed",
        progress: 100,
        message: "Training completed",
        error: null,
        artifactFileId: sent.fileId,
        ...(training === null ? {} : { training: { ...training, test_loss: trained.testLoss } }),
      },
      events.completed(sent, trained),
    );
    if (lease.lost.aborted) return;
    this.#ending = "completed";
    this.child.say({ type: "clean" });
  }
}
