import { plainSettings } from "@trainer/training/files";
import { z } from "zod";
import { answerOf, type Server } from "./ask.js";
import { TrackerError } from "./tracker-error.js";
import type { HeldRun, Row, RunState, TrackedRun, Tracker } from "./tracker.js";

/** Bounds of a request that MLflow takes. */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
const LONGEST_PARAM = 500;
const LONGEST_NAME = 250;

/** Tags by which a run is found again. */
const RUN_ID = "model_trainer.run_id";
const STARTED_AT = "model_trainer.started_at";

const Refusal = z
  .object({ error_code: z.string(), message: z.string().default("") })
  .transform(({ error_code: code, message }) => ({ code, why: `${code}: ${message.slice(0, 300)}` }));
const ExperimentId = z.object({ experiment_id: z.string() });
const FoundExperiment = z.object({ experiment: ExperimentId });
const Run = z.object({
  info: z.object({ run_id: z.string(), status: z.string() }),
  data: z
    .object({
      metrics: z.array(z.object({ key: z.string(), step: z.coerce.number().default(0) })).default([]),
      params: z.array(z.object({ key: z.string() })).default([]),
    })
    .default({ metrics: [], params: [] }),
});
const CreatedRun = z.object({ run: Run });
const FoundRuns = z.object({ runs: z.array(Run).default([]) });
const Nothing = z.object({});

export const MlflowSettings = z.object({
  /** Of the server, without a slash at its end. */
  url: z.string(),
  experiment: z.string(),
  /** The header; null for none. */
  authorization: z.string().nullable(),
});
export type MlflowSettings = z.output<typeof MlflowSettings>;

interface Metric {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  /** In milliseconds since 1970. */
  readonly timestamp: number;
}

const STATUS = {
  running: "RUNNING",
  completed: "FINISHED",
  failed: "FAILED",
  interrupted: "KILLED",
  damaged: "FAILED",
} as const satisfies Record<RunState["status"], string>;
type MlflowStatus = (typeof STATUS)[RunState["status"]];

/** An MLflow server, by its REST interface (version 2.0). What it holds of a run is asked of it: nothing is kept here. */
export class Mlflow implements Tracker {
  readonly name = "mlflow";

  readonly #server: Server;

  constructor(readonly settings: MlflowSettings) {
    const { url, authorization } = settings;
    const headers: Record<string, string> = authorization === null ? {} : { Authorization: authorization };
    this.#server = { name: "MLflow", url, root: `${url}/api/2.0/mlflow`, headers, refusal: Refusal };
  }

  async open(run: TrackedRun, signal: AbortSignal): Promise<HeldRun> {
    const experiment = await this.#experiment(signal);
    const found = (await this.#find(experiment, run, signal)) ?? (await this.#create(experiment, run, signal));
    const { info, data } = found;
    const known = new Set(data.params.map(({ key }) => key));
    const params = [...plainSettings(run.config)]
      .map(([key, value]) => ({ key: nameOf(key), value: String(value).slice(0, LONGEST_PARAM) }))
      .filter(({ key }) => !known.has(key)); // one that is there is never changed: MLflow refuses that
    for (const some of parts(params, MOST_PARAMS))
      await this.#post("runs/log-batch", { run_id: info.run_id, params: some }, Nothing, signal);
    return new MlflowRun(this, info.run_id, info.status, new Map(data.metrics.map(({ key, step }) => [key, step])));
  }

  /** @param metrics 1,000 are sent at once */
  async log(id: string, metrics: readonly Metric[], signal: AbortSignal): Promise<void> {
    for (const some of parts(metrics, MOST_METRICS))
      await this.#post("runs/log-batch", { run_id: id, metrics: some }, Nothing, signal);
  }

  /** @param endTime in milliseconds since 1970; null for a run that goes on */
  async update(id: string, status: MlflowStatus, endTime: number | null, signal: AbortSignal): Promise<void> {
    const ended = endTime === null ? {} : { end_time: endTime };
    await this.#post("runs/update", { run_id: id, status, ...ended }, Nothing, signal);
  }

  async #experiment(signal: AbortSignal): Promise<string> {
    const name = this.settings.experiment;
    const path = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const get = async () =>
      (await answerOf(this.#server, { method: "GET", path }, FoundExperiment, signal)).experiment.experiment_id;
    try {
      return await get();
    } catch (error) {
      if (!isRefusal(error, "RESOURCE_DOES_NOT_EXIST")) throw error;
    }
    try {
      return (await this.#post("experiments/create", { name }, ExperimentId, signal)).experiment_id;
    } catch (error) {
      if (!isRefusal(error, "RESOURCE_ALREADY_EXISTS")) throw error; // another run has just made it
      return await get();
    }
  }

  async #find(experiment: string, { id, startedAt }: TrackedRun, signal: AbortSignal) {
    const filter = `tags.\`${RUN_ID}\` = '${id}' AND tags.\`${STARTED_AT}\` = '${startedAt}'`;
    const query = { experiment_ids: [experiment], filter, max_results: 1 };
    return (await this.#post("runs/search", query, FoundRuns, signal)).runs[0] ?? null;
  }

  async #create(experiment: string, { id, startedAt }: TrackedRun, signal: AbortSignal) {
    const tags = [
      { key: RUN_ID, value: id },
      { key: STARTED_AT, value: startedAt },
    ];
    const run = { experiment_id: experiment, run_name: id, start_time: Date.parse(startedAt), tags };
    return (await this.#post("runs/create", run, CreatedRun, signal)).run;
  }

  async #post<T>(path: string, body: object, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return await answerOf(this.#server, { method: "POST", path, body }, schema, signal);
  }
}

/** A run on the server. */
class MlflowRun implements HeldRun {
  readonly next = null;
  #status: string;

  constructor(
    readonly server: Mlflow,
    readonly id: string,
    status: string,
    readonly steps: ReadonlyMap<string, number>,
  ) {
    this.#status = status;
  }

  async log(rows: readonly Row[], signal: AbortSignal): Promise<void> {
    const metrics = rows.flatMap(({ step, timestamp, scalars }) =>
      [...scalars].map(([key, value]) => ({ key, value, step, timestamp })),
    );
    await this.server.log(this.id, metrics, signal);
  }

  async tell({ status, endTime }: RunState, signal: AbortSignal): Promise<void> {
    const said = STATUS[status];
    if (this.#status !== said) await this.server.update(this.id, said, endTime, signal);
    this.#status = said;
  }
}

/** A name in characters that MLflow takes. */
const nameOf = (key: string): string => key.replaceAll(/[^\w\-. :/]/g, "_").slice(0, LONGEST_NAME);

const isRefusal = (error: unknown, code: string): boolean => error instanceof TrackerError && error.code === code;

function parts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
