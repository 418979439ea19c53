import { AppError, percentOf, type TrainerEvent, type TrainSettings } from "@trainer/platform";
import type { Fence, RunChange, RunRecord, RunRecords } from "@trainer/platform/redis";
import type { Logger } from "pino";
import type { Pace } from "../intervals.js";
import { every } from "./every.js";
import { WriteQueue, type Write } from "./write-queue.js";

export interface TurnOptions {
  readonly runs: RunRecords;
  readonly runId: string;
  readonly userId: bigint;
  readonly request: TrainSettings;
  readonly log: Logger;
  readonly pace: Pace;
  /** Fence of the run's last holder, if its folder has one. */
  readonly lastFence?: Fence;
  /** Aborted when nothing can be written any more. */
  readonly closed: AbortSignal;
}

/**
 * A worker's time with a run: from its claim on, until it ends it or another worker claims the run. All that is written
 * for the run in that time goes through here, in order.
 */
export class RunLease implements AsyncDisposable {
  /** The record before this lease. */
  readonly before: RunRecord | null;
  readonly fence: Fence;
  readonly #options: TurnOptions;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  readonly #cancelled = new AbortController();
  readonly #queue: WriteQueue;
  readonly #timers: readonly Disposable[];

  static async begin(options: TurnOptions): Promise<RunLease> {
    const fence = await options.runs.claim(options.runId, options.lastFence);
    const before = await options.runs.get(options.runId).catch(() => null); // a damaged record is rewritten
    return new RunLease(options, fence, before);
  }

  private constructor(options: TurnOptions, fence: Fence, before: RunRecord | null) {
    this.#options = options;
    this.fence = fence;
    this.before = before;
    const { log, pace } = options;
    this.#queue = new WriteQueue(
      () => this.#lost.abort(),
      (error) => log.warn({ event: "redis_write_failed", reason: String(error) }, "a write to Redis is tried again"),
    );
    options.closed.addEventListener("abort", () => this.#queue.end(), { once: true, signal: this.#over.signal });
    this.#timers = [every(pace.heartbeat, () => this.#beat()), every(pace.cancel, () => this.checkCancelled())];
  }

  /** Aborted once another worker has the run. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborted once somebody wants the run stopped for good. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Changes the run's record and publishes what belongs to it, after all that was written before; resolves when that is done. */
  write(change: RunChange, events: readonly TrainerEvent[] = []): Promise<void> {
    return this.#queue.add(this.#writing(change, events, false));
  }

  /** The same, for who does not wait. @param passing whether a later one makes it superfluous */
  push(change: RunChange, events: readonly TrainerEvent[], { passing }: { readonly passing: boolean }): void {
    this.#queue.push(this.#writing(change, events, passing));
  }

  async checkCancelled(): Promise<void> {
    const { runs, runId } = this.#options;
    if (await runs.isCancelled(runId)) this.#cancelled.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#over.abort();
    this.#queue.end();
  }

  #writing(change: RunChange, events: readonly TrainerEvent[], passing: boolean): Write {
    const { runs, runId } = this.#options;
    return { passing, run: () => runs.update(runId, this.fence, change, events) };
  }

  /** A heartbeat; if Redis has lost the record, it is written again. */
  async #beat(): Promise<void> {
    const { runs, runId, userId, request } = this.#options;
    try {
      await runs.heartbeat(runId, this.fence);
      if ((await runs.get(runId).catch(() => null)) !== null) return;
      if (this.#over.signal.aborted) return; // it ended meanwhile: what becomes of the run is no longer its to say
    } catch (error) {
      if (error instanceof AppError) this.#lost.abort();
      return;
    }
    const at = new Date().toISOString().slice(0, -1);
    const times = { createdAt: this.before?.createdAt ?? at, updatedAt: at };
    const training = this.before?.training ?? null;
    const end = this.before?.end ?? null;
    const state = {
      status: "running",
      progress: percentOf(training),
      message: "training",
      error: null,
      artifactFileId: null,
    } as const;
    const model = { modelFamily: request.model_family, modelSize: request.model_size };
    await runs.restore({ runId, userId, request, end, training, ...model, ...times, ...state });
  }
}
