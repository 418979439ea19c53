import { open, rm } from "node:fs/promises";
import { TrackerError } from "../tracker-error.js";
import type { Ended, HeldRun, Row, RunState } from "../tracker.js";
import { logRecords } from "./block-log.js";
import { exitRecord, historyRecord, summaryRecord, type RecordOf } from "./records.js";

/** As W&B's own clients say it; 255 is what they say of an interrupted process. */
const EXIT = { completed: 0, failed: 1, damaged: 1, interrupted: 255 } as const satisfies Record<Ended, number>;

interface Place {
  readonly folder: string;
  readonly path: string;
  /** In milliseconds since 1970. */
  readonly startTime: number;
}

/** A row of W&B's history: one a step. */
interface HistoryRow {
  readonly step: number;
  readonly values: Map<string, number>;
}

/** A run's file, as it is appended to. */
export class WandbRun implements HeldRun {
  readonly steps = new Map<string, number>();
  readonly #place: Place;
  /** Of the file. */
  #bytes: number;
  #records: number;
  /** The newest, whose step may get more figures. */
  #row: HistoryRow | null = null;
  #ended = false;

  constructor(place: Place, { bytes, records }: { readonly bytes: number; readonly records: number }) {
    this.#place = place;
    this.#bytes = bytes;
    this.#records = records;
  }

  get next(): readonly string[] {
    return ["wandb", "sync", this.#place.folder];
  }

  async log(rows: readonly Row[], signal: AbortSignal): Promise<void> {
    if (this.#ended) throw new TrackerError("the run goes on after its end");
    const whole: HistoryRow[] = [];
    let newest = this.#row;
    for (const row of rows) {
      if (newest === null || row.step > newest.step) {
        if (newest !== null) whole.push(newest);
        newest = { step: row.step, values: firstValues(row) };
      }
      this.#add(row, newest);
    }
    await this.#append(historyOf(whole), signal);
    this.#row = newest;
  }

  async tell({ status, endTime }: RunState, signal: AbortSignal): Promise<void> {
    if (status === "running" || this.#ended) return;
    const rows = this.#row === null ? [] : [this.#row];
    const exit = exitRecord(EXIT[status], (endTime - this.#place.startTime) / 1000);
    await this.#append([...historyOf(rows), exit], signal);
    this.#ended = true;
  }

  /** W&B's steps never go back: what is said of an earlier one, a test of the best weights, stands in the newest row. */
  #add({ timestamp, scalars }: Row, { values }: HistoryRow): void {
    values.set("_timestamp", timestamp / 1000);
    values.set("_runtime", Math.max(0, timestamp - this.#place.startTime) / 1000); // a log has whole seconds
    for (const [name, value] of scalars) values.set(name, value);
  }

  async #append(said: readonly RecordOf[], signal: AbortSignal): Promise<void> {
    if (said.length === 0) return;
    signal.throwIfAborted();
    const bytes = logRecords(
      said.map((of, i) => of(this.#records + i + 1)),
      this.#bytes,
    );
    await using file = await open(this.#place.path, "a");
    if ((await file.stat()).size !== this.#bytes)
      throw new TrackerError(`${this.#place.path} was changed by another process`);
    await file.writeFile(bytes);
    this.#bytes += bytes.length;
    this.#records += said.length;
    await this.#markUnsent();
  }

  /** `wandb sync` passes over what it has marked as sent. */
  async #markUnsent(): Promise<void> {
    await rm(`${this.#place.path}.synced`, { force: true });
  }
}

const firstValues = ({ step, tokens, epoch }: Row): Map<string, number> =>
  new Map([["_step", step], ["tokens", tokens], ...(epoch === null ? [] : [["epoch", epoch] as const])]);

/** Rows, and what the table of runs shows after them. */
const historyOf = (rows: readonly HistoryRow[]): RecordOf[] =>
  rows.length === 0
    ? []
    : [
        ...rows.map(({ step, values }) => historyRecord(step, values)),
        summaryRecord(new Map(rows.flatMap(({ values }) => [...values]))),
      ];
