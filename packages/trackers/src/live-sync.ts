import { setTimeout } from "node:timers/promises";
import type { RunEvent } from "@trainer/training/files";
import { messageOf } from "./ask.js";
import { TrackerError } from "./tracker-error.js";
import type { RunSync } from "./run-sync.js";

/** Pauses between two requests, and after failures, each of which doubles it. */
const EVERY_MS = 2000;
const AFTER_FAILURE_MS = 5000;
const MOST_MS = 60_000;
/** How long the end of a run waits for what is left. */
const AT_END_MS = 10_000;
/** And for what does not heed that this time is over: a disk that hangs. */
const GRACE_MS = 1000;

interface Settings {
  readonly everyMs?: number;
  readonly afterFailureMs?: number;
  readonly atEndMs?: number;
  /** By which a proposed command finds the home and the tracker. */
  readonly flags?: string;
}

/**
 * Sends a run's figures while it is trained, between its steps: nothing that a server does or does not do is waited for
 * before the run's end, and there for a few seconds.
 */
export class LiveSync {
  readonly #end = new AbortController();
  readonly #cut = new AbortController();
  #sync: RunSync | null = null;
  #loop: Promise<void> = Promise.resolve();
  #step = 0;
  #hasFailed = false;

  /** @param warn of a failure: once, and at the end where something is left */
  constructor(
    readonly open: (runId: string) => RunSync,
    readonly warn: (line: string) => void,
    readonly settings: Settings = {},
  ) {}

  readonly onEvent = (event: RunEvent): void => {
    if (event.type === "config") {
      this.begin(event.runId);
    } else if (event.type === "start" && this.#sync !== null) {
      this.#loop = this.#follow(this.#sync);
    } else if (event.type === "step") {
      this.#step = event.step;
    } else if (event.type === "checkpoint") {
      if (event.step < this.#step) this.#sync?.rewind();
      this.#step = event.step;
    }
  };

  /** A run is to be sent, at the latest by `finish`. */
  begin(runId: string): void {
    this.#sync = this.open(runId);
  }

  /** Sends what is left, for so long at most; returns the words of a command that shows the run, null for none. */
  async finish(atEndMs = this.settings.atEndMs ?? AT_END_MS): Promise<readonly string[] | null> {
    const sync = this.#sync;
    if (sync === null) return null;
    const { flags = "" } = this.settings;
    const patience = AbortSignal.timeout(atEndMs);
    this.#end.abort();
    patience.addEventListener("abort", () => this.#cut.abort());
    try {
      await Promise.race([this.#loop.then(() => sync.send(patience)), failAfter(atEndMs + GRACE_MS)]);
      return sync.next;
    } catch (error) {
      this.warn(`${messageOf(error)}; what is missing there: trainer runs sync ${sync.id}${flags}`);
      return null;
    }
  }

  async #follow(sync: RunSync): Promise<void> {
    const { everyMs = EVERY_MS, afterFailureMs = AFTER_FAILURE_MS } = this.settings;
    let pause = everyMs;
    while (!this.#end.signal.aborted) {
      try {
        await sync.send(this.#cut.signal);
        pause = everyMs;
      } catch (error) {
        pause = Math.min(MOST_MS, pause === everyMs ? afterFailureMs : pause * 2);
        this.#tell(error);
      }
      await setTimeout(pause, undefined, { signal: this.#end.signal }).catch(() => {});
    }
  }

  #tell(error: unknown): void {
    if (this.#hasFailed || this.#cut.signal.aborted) return;
    this.#hasFailed = true;
    this.warn(`${messageOf(error)}; the run goes on, and what is missing there is sent later`);
  }
}

function failAfter(ms: number): Promise<never> {
  const signal = AbortSignal.timeout(ms);
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new TrackerError("the tracker does not answer")));
  });
}
