import { setImmediate } from "node:timers/promises";
import type { RunManifest } from "@trainer/training";
import {
  findRecord,
  LinesSince,
  openHome,
  plainSettings,
  PointLine,
  RunTimes,
  summarizeRun,
  TrainingError,
  type Point,
  type RunSummary,
} from "@trainer/training/files";
import type { Metric, Mlflow, MlflowStatus } from "./mlflow.js";

/** Bytes that are read at once: a fraction of a millisecond's work, since a training may wait for it. */
const READ = 1 << 16;
const BEST = "validation/best_loss";

const STATUS: Readonly<Record<RunSummary["status"], MlflowStatus>> = {
  running: "RUNNING",
  completed: "FINISHED",
  failed: "FAILED",
  interrupted: "KILLED",
  damaged: "FAILED",
};

/** A run as the server has it, as far as is known here. */
interface Remote {
  readonly id: string;
  status: string;
  /** The last step of each figure. */
  readonly steps: Map<string, number>;
}

/** A run on its way to a server: what it has written and the server lacks is sent in its order, each figure once. */
export class RunSync {
  #remote: Remote | null = null;
  #lines: LinesSince<Point> | null = null;
  #times: RunTimes | null = null;

  constructor(
    readonly mlflow: Mlflow,
    readonly home: string,
    readonly id: string,
  ) {}

  /** Sends what there is by now; returns the number of figures. After a failure the server is asked anew for what it has. */
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
    this.#lines = null;
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
      const figures = read.values.flatMap((point) => {
        const seconds = times.of(point.of, point.step);
        return newFigures(point, remote, seconds === undefined ? otherwise : seconds * 1000);
      });
      sent += await this.#log(remote, figures, signal);
      lines.place = read.end;
    }
    const ended = endOf(run.status, manifest);
    if (ended !== null) sent += await this.#log(remote, bestOf(manifest, remote, ended), signal);
    const status = STATUS[run.status];
    if (remote.status !== status) await this.mlflow.update(remote.id, status, ended, signal);
    remote.status = status;
    return sent;
  }

  async #open({ config, started_at: startedAt }: RunManifest, signal: AbortSignal): Promise<Remote> {
    const remote = await this.mlflow.open({ id: this.id, startedAt, params: plainSettings(config) }, signal);
    this.#lines = null;
    return { ...remote, steps: new Map(remote.steps) };
  }

  async #log(remote: Remote, figures: readonly Metric[], signal: AbortSignal): Promise<number> {
    await this.mlflow.log(remote.id, figures, signal);
    for (const { key, step } of figures) remote.steps.set(key, step);
    return figures.length;
  }
}

/** Those of a point that the server lacks: a run that goes on from a checkpoint comes to the same steps again. */
const newFigures = ({ step, scalars }: Point, { steps }: Remote, timestamp: number): Metric[] =>
  [...scalars].flatMap(([key, value]) =>
    step > (steps.get(key) ?? -1) ? [{ key, value, step, timestamp: Math.round(timestamp) }] : [],
  );

/** The time of a run's end; null of one that goes on. */
function endOf(status: RunSummary["status"], { finished_at: finished }: RunManifest): number | null {
  if (status === "running") return null;
  return finished === null ? Date.now() : Date.parse(finished);
}

const bestOf = ({ best_val_loss: value, steps: step }: RunManifest, remote: Remote, timestamp: number): Metric[] =>
  value !== null && step > (remote.steps.get(BEST) ?? -1) ? [{ key: BEST, value, step, timestamp }] : [];
