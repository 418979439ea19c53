import type { RunRecords } from "@trainer/platform/redis";
import { fromRecord, type Listed } from "./listed-run.js";

/** The runs that have records, kept as they were read: only records that have changed since are read again. */
export class RecordedRuns {
  #kept: ReadonlyMap<string, { readonly revision: string; readonly run: Listed }> = new Map();

  constructor(private readonly records: RunRecords) {}

  /** All of them, by their ids. */
  async all(): Promise<ReadonlyMap<string, Listed>> {
    const revisions = await this.records.revisions();
    const before = this.#kept;
    const changed = [...revisions].flatMap(([id, revision]) => (before.get(id)?.revision === revision ? [] : [id]));
    const read = new Map((await this.records.many(changed)).map((record) => [record.runId, fromRecord(record)]));
    const kept = [...revisions].flatMap(([id, revision]) => {
      const earlier = before.get(id);
      const run = earlier?.revision === revision ? earlier.run : read.get(id);
      return run === undefined ? [] : [[id, { revision, run }] as const];
    });
    this.#kept = new Map(kept);
    return new Map(kept.map(([id, { run }]) => [id, run]));
  }

  /** Those of these runs that have records, as they are now. */
  async of(runIds: readonly string[]): Promise<ReadonlyMap<string, Listed>> {
    return new Map((await this.records.many(runIds)).map((record) => [record.runId, fromRecord(record)]));
  }
}
