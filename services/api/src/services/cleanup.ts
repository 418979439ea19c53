import type { CleanupReport, CleanupRequest } from "@trainer/platform";
import {
  cleanBins,
  cleanCorpusCache,
  cleanTokenizers,
  TrainingError,
  type CleanupContext,
  type CleanupRecord,
  type Home,
} from "@trainer/training/files";
import type { Jobs } from "./jobs.js";
import type { StoredSizes } from "./stored-sizes.js";

export interface CleanupDeps {
  /** With its texts: fetched corpora lie beside them. */
  readonly home: Home;
  readonly jobs: Jobs;
  readonly stored: StoredSizes;
}

type Kind = CleanupRequest["kinds"][number];
type Clean = (context: CleanupContext) => ReturnType<typeof cleanBins>;

/** Makes room in the home, as `trainer cleanup` does and a worker by itself; what a run, a process or a job needs stays. */
export class Cleanup {
  readonly #deps: CleanupDeps;

  constructor(deps: CleanupDeps) {
    this.#deps = deps;
  }

  /** `log` gets a record of all that is removed. Without Redis nothing is: what jobs need is not known then. */
  async clean(request: CleanupRequest, log: (record: CleanupRecord) => void): Promise<CleanupReport> {
    const { jobs, stored } = this.#deps;
    await jobs.needed(); // fails for all of them at once, in words for clients
    const context: CleanupContext = { log, needed: () => jobs.needed() };
    const decisions: CleanupReport["decisions"] = [];
    const failures: CleanupReport["failures"] = [];
    const cleaners = this.#cleaners(request);
    for (const kind of new Set(request.kinds)) {
      try {
        const made = await cleaners[kind](context);
        decisions.push(
          ...made.map(({ id, bytes, files, reason }) => ({ kind, id, bytes, files, removed: reason === null, reason })),
        );
      } catch (error) {
        failures.push({ kind, message: TrainingError.from(error).message });
      }
    }
    if (!request.dry_run) stored.forget();
    const going = decisions.filter(({ reason }) => reason === null || reason === "dry_run");
    const bytes_freed = going.reduce((sum, { bytes }) => sum + bytes, 0);
    return { dry_run: request.dry_run, bytes_freed, decisions, failures };
  }

  #cleaners(request: CleanupRequest): Readonly<Record<Kind, Clean>> {
    const { home } = this.#deps;
    const common = { enabled: true, dryRun: request.dry_run };
    const bins = { maxBytes: request.bins_max_bytes, maxUnusedDays: request.bins_max_unused_days };
    const corpora = {
      maxBytes: request.corpus_cache_max_bytes,
      minFreeBytes: request.corpus_cache_min_free_bytes,
      evictionPolicy: "lru",
    } as const;
    const tokenizers = { minUnusedDays: request.tokenizers_min_unused_days };
    return {
      bins: (context) => cleanBins(home, { ...common, ...bins }, context),
      corpus_cache: (context) => cleanCorpusCache(home, home.corpusCache, { ...common, ...corpora }, context),
      tokenizers: (context) => cleanTokenizers(home, { ...common, ...tokenizers }, context),
    };
  }
}
