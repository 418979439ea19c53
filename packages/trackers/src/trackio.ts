import { plainSettings } from "@trainer/training/files";
import { z } from "zod";
import { answerOf, type Server } from "./ask.js";
import { trackedId } from "./tracked-id.js";
import { TrackerError } from "./tracker-error.js";
import type { HeldRun, Row, TrackedRun, Tracker } from "./tracker.js";

/** Rows of a request: some 200 kB. */
const MOST_ROWS = 1000;
/** Of trackio's interface over HTTP. */
const API_VERSION = 1;

const Version = z.object({ api_version: z.int() });
const Taken = z.object({ data: z.null() });
const Refusal = z.object({ error: z.string() }).transform(({ error }) => ({ code: null, why: error.slice(0, 300) }));

export const TrackioSettings = z.object({
  /** Of the server, without a slash at its end. */
  url: z.string(),
  project: z.string(),
  /** Null where the server asks for none. */
  writeToken: z.string().nullable(),
});
export type TrackioSettings = z.output<typeof TrackioSettings>;

/**
 * A server of trackio's, by the interface that its own clients use. A row has an id, and one that the server has is
 * passed over there: what is sent again after a lost answer, or by a later session, is not there twice.
 */
export class Trackio implements Tracker {
  readonly name = "trackio";

  readonly #server: Server;

  constructor(readonly settings: TrackioSettings) {
    const { url, writeToken } = settings;
    const headers: Record<string, string> = writeToken === null ? {} : { "X-Trackio-Write-Token": writeToken };
    this.#server = { name: "trackio", url, root: url, headers, refusal: Refusal };
  }

  async open(run: TrackedRun, signal: AbortSignal): Promise<HeldRun> {
    const { api_version: version } = await answerOf(this.#server, { method: "GET", path: "version" }, Version, signal);
    if (version !== API_VERSION)
      throw new TrackerError(
        `trackio at ${this.settings.url} has version ${version} of its interface; ${API_VERSION} is what is known here`,
      );
    return new TrackioRun(this, run);
  }

  /** @param logs as trackio's `bulk_log` has them */
  async log(logs: readonly object[], signal: AbortSignal): Promise<void> {
    const body = { kwargs: { logs, hf_token: null } };
    await answerOf(this.#server, { method: "POST", path: "api/bulk_log", body }, Taken, signal);
  }
}

/** A run on the server. How it ended is nothing that trackio keeps. */
class TrackioRun implements HeldRun {
  readonly next = null;
  readonly steps = new Map<string, number>();
  readonly #config: object;
  readonly #id: string;

  constructor(
    readonly server: Trackio,
    readonly run: TrackedRun,
  ) {
    this.#id = trackedId(run);
    this.#config = { ...Object.fromEntries(plainSettings(run.config)), _Created: run.startedAt };
  }

  /** 1,000 rows are sent at once. */
  async log(rows: readonly Row[], signal: AbortSignal): Promise<void> {
    const { project } = this.server.settings;
    for (let from = 0; from < rows.length; from += MOST_ROWS) {
      const logs = rows.slice(from, from + MOST_ROWS).map(({ step, tokens, epoch, scalars }, i) => ({
        project,
        run: this.run.id,
        run_id: this.#id,
        step,
        metrics: { ...Object.fromEntries(scalars), tokens, ...(epoch !== null && { epoch }) },
        log_id: `${this.#id} ${step} ${[...scalars.keys()].join(" ")}`,
        config: i === 0 ? this.#config : null, // of a request, once
      }));
      await this.server.log(logs, signal);
    }
  }

  async tell(): Promise<void> {}
}
