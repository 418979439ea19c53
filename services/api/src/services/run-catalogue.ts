import type { JobState, ListedRun, RunList, RunSort } from "@trainer/platform";
import type { RunRecord } from "@trainer/platform/redis";
import type { FolderRuns } from "./folder-runs.js";
import { inBatches } from "./in-batches.js";
import { fromRecord, merged, type Listed } from "./listed-run.js";
import type { RecordedRuns } from "./recorded-runs.js";
import { inOrder } from "./run-order.js";
import type { RunFiles } from "./run-files.js";
import type { Sparklines } from "./sparklines.js";

export interface CatalogueQuery {
  readonly status: JobState | null;
  readonly q: string;
  readonly family: string | null;
  /** All of them. */
  readonly tags: readonly string[];
  readonly sort: RunSort;
  readonly order: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

/** Which runs a list has: a page of records behind a cursor, or of the catalogue behind an offset. */
export type RunListQuery =
  | { readonly by: "cursor"; readonly limit: number; readonly cursor: number | null; readonly status: JobState | null }
  | (CatalogueQuery & { readonly by: "offset" });

export interface CatalogueDeps {
  readonly recorded: RecordedRuns;
  readonly folders: FolderRuns;
  readonly files: RunFiles;
  readonly sparklines: Sparklines;
}

/** Files whose losses are read at a time. */
const BATCH = 32;

/** All runs of a home, those that have a record and those that have files alone, searched, filtered and sorted. */
export class RunCatalogue {
  readonly #deps: CatalogueDeps;

  constructor(deps: CatalogueDeps) {
    this.#deps = deps;
  }

  /** Reads all that is there, so that the first who asks need not wait for it. */
  async warm(): Promise<void> {
    await this.#all();
  }

  async page({ sort, order, offset, limit, ...query }: CatalogueQuery): Promise<RunList> {
    const found = (await this.#all()).filter(matcher(query)).toSorted(inOrder(sort, order));
    const ids = found.slice(offset, offset + limit).map(({ run_id }) => run_id);
    const fresh = await this.#deps.recorded.of(ids); // with the latest sign of life
    const { files, sparklines } = this.#deps;
    const runs = await inBatches(await this.#merged(ids, fresh), BATCH, async (run) => ({
      ...run,
      sparkline: await sparklines.of(await files.locate("metrics", run.run_id)),
    }));
    return { runs, next: null, total: found.length };
  }

  /** Runs that have a model, the latest first. */
  async completed(): Promise<Listed[]> {
    const runs = await this.#all();
    return runs.filter(({ status }) => status === "completed").toSorted(inOrder("created_at", "desc"));
  }

  /** Undefined where there is none. */
  async run(id: string): Promise<Listed | undefined> {
    return (await this.#merged([id], await this.#deps.recorded.of([id])))[0];
  }

  /** Runs with what their manifests say of them; no metrics are read for those who page through all. */
  async described(records: readonly RunRecord[]): Promise<ListedRun[]> {
    const runs = await this.#merged(
      records.map(({ runId }) => runId),
      new Map(records.map((record) => [record.runId, fromRecord(record)])),
    );
    return runs.map((run) => Object.assign({ sparkline: null }, run));
  }

  async #all(): Promise<Listed[]> {
    const { recorded, folders } = this.#deps;
    const [records, files] = await Promise.all([recorded.all(), folders.all()]);
    const ids = [...new Set([...records.keys(), ...files.keys()])];
    return ids.map((id) => merged(records.get(id), files.get(id))).filter((run) => run !== undefined);
  }

  async #merged(ids: readonly string[], records: ReadonlyMap<string, Listed>): Promise<Listed[]> {
    const of = await this.#deps.folders.of(ids);
    return ids.map((id) => merged(records.get(id), of.get(id))).filter((run) => run !== undefined);
  }
}

/** Every word of `q` is in the run's id, model, corpus or tags. */
function matcher({ status, q, family, tags }: Pick<CatalogueQuery, "status" | "q" | "family" | "tags">) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (run: Listed): boolean => {
    if (status !== null && run.status !== status) return false;
    if (family !== null && run.model_family !== family) return false;
    if (!tags.every((tag) => run.tags.includes(tag))) return false;
    if (words.length === 0) return true;
    const texts = [run.run_id, run.model_family, run.model_size, run.corpus, ...run.tags];
    const text = texts.join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  };
}
