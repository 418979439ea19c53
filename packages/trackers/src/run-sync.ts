import { setImmediate } from "node:timers/promises";
import type { RunManifest } from "@trainer/training/files";
import {
  findRecord,
  LinesSince,
  openHome,
  PointLine,
  RunTimes,
  summarizeRun,
  TrainingError,
  type Point,
  type RunSummary,
} from "@trainer/training/files";
import type { HeldRun, Row, RunState, Tracker } from "./tracker.js";

/** Bytes that are read at once: a fraction of a millisecond's work, since a training may wait for it. */
const READ = 1 << 16;
const BEST = "validation/best_loss";

/** A run as a tracker holds it. */
interface Remote {
  readonly run: HeldRun;
  /** The last step of each figure there. */
  readonly steps: Map<string, number>;
}

/** A run on its way to a tracker: what it has written and the tracker lacks is sent in its order, each figure once. */
export class RunSync {
  #remote: Remote | null = null;
  #lines: LinesSince<Point> | null = null;
  #times: RunTimes | null = null;

  constructor(
    readonly tracker: Tracker,
    readonly home: string,
    readonly id: string,
  ) {}

  /** Sends what there is by now; returns the number of figures. After a failure the tracker is asked anew for what it has. */
  async send(signal: AbortSignal): Promise<number> {
    try {
      return await this.#send(signal);
    } catch (error) {
      this.#remote = null;
      throw error;
    }
  }

  /** Begins with the run's first figures again: it has gone back, and its file is another. */
  rewind(): void {
    this.#remote = null;
  }

  /** The words of a command that shows the run, once it was sent; null for none. */
  get next(): readonly string[] | null {
    return this.#remote?.run.next ?? null;
  }

  async #send(signal: AbortSignal): Promise<number> {
    const home = openHome(this.home);
    const run = await summarizeRun(home, this.id);
    const { manifest } = run;
    if (manifest === null) throw new TrainingError("DATA_NOT_FOUND", String(run.problem));
    const remote = (this.#remote ??= await this.#open(manifest, signal));
    const record = await findRecord(this.id, home);
    const lines = (this.#lines ??= new LinesSince(record.metrics, PointLine, { most: READ }));
    const times = (this.#times ??= new RunTimes(record.logs, READ));
    while (times.read()) await setImmediate();
    const otherwise = run.status === "running" ? Date.now() : Date.parse(manifest.started_at);
    let sent = 0;
    for (let read = lines.read(); read !== null; read = lines.read()) {
      const rows = read.values.flatMap((point) => {
        const seconds = times.of(point.of, point.step);
        return newRow(point, remote, seconds === undefined ? otherwise : Math.round(seconds * 1000));
      });
      sent += await log(remote, rows, signal);
      lines.place = read.end;
    }
    const state = stateOf(run.status, manifest);
    if (state.endTime !== null) sent += await log(remote, newRow(bestOf(manifest), remote, state.endTime), signal);
    await remote.run.tell(state, signal);
    return sent;
  }

  async #open({ config, started_at: startedAt }: RunManifest, signal: AbortSignal): Promise<Remote> {
    const { user_id: _, ...settings } = config; // who asked for it is nobody's business there
    const run = await this.tracker.open({ id: this.id, startedAt, config: settings }, signal);
    this.#lines = null;
    return { run, steps: new Map(run.steps) };
  }
}

/** Returns the number of figures. */
async function log({ run, steps }: Remote, rows: readonly Row[], signal: AbortSignal): Promise<number> {
  if (rows.length === 0) return 0;
  await run.log(rows, signal);
  let figures = 0;
  for (const { step, scalars } of rows) {
    for (const key of scalars.keys()) steps.set(key, step);
    figures += scalars.size;
  }
  return figures;
}

/** Those figures that the tracker lacks: a run that goes on from a checkpoint comes to the same steps again. */
function newRow({ step, tokens, epoch, scalars }: Omit<Point, "of">, { steps }: Remote, timestamp: number): Row[] {
  const lacking = new Map([...scalars].filter(([key]) => step > (steps.get(key) ?? -1)));
  return lacking.size === 0 ? [] : [{ step, tokens, epoch, timestamp, scalars: lacking }];
}

function stateOf(status: RunSummary["status"], { finished_at: finished }: RunManifest): RunState {
  if (status === "running") return { status, endTime: null };
  return { status, endTime: finished === null ? Date.now() : Date.parse(finished) };
}

const bestOf = ({ best_val_loss: best, steps: step, tokens_seen: tokens }: RunManifest): Omit<Point, "of"> => ({
  step,
  tokens,
  epoch: null,
  scalars: new Map(best === null ? [] : [[BEST, best]]),
});
