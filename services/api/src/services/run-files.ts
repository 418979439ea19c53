import { isAbsent } from "@trainer/disk";
import { AppError, type MetricsHistory } from "@trainer/platform";
import type { RunRecords } from "@trainer/platform/redis";
import {
  archivedFiles,
  hasBegun,
  isArchived,
  isId,
  readManifest,
  readStanding,
  runFolder,
  runLogFiles,
  type Home,
  type RunManifest,
} from "@trainer/training/files";
import { linesBefore, type LogLines, type LogQuery } from "../live/log-lines.js";
import { checkRunId } from "./check-run-id.js";
import { metricsHistory, type MetricsQuery } from "./metrics-history.js";
import { MetricsIndices } from "./metrics-index.js";

export interface RunFilesDeps {
  readonly home: Home;
  readonly records: RunRecords;
}

/** Files that runs write as they go. */
export class RunFiles {
  readonly #deps: RunFilesDeps;
  readonly #indices = new MetricsIndices();

  constructor(deps: RunFilesDeps) {
    this.#deps = deps;
  }

  /** Null where there is no such file. */
  async locate(kind: "logs" | "metrics", runId: string): Promise<string | null> {
    return (await runLogFiles(this.#deps.home, runId))[kind];
  }

  /** @throws AppError DATA_NOT_FOUND */
  async needLogs(runId: string): Promise<string> {
    const path = await this.locate("logs", runId);
    if (path === null) throw logsNotFound();
    return path;
  }

  /** Requires a log, or a run that has not ended and will write one. @throws AppError DATA_NOT_FOUND */
  async needComingLogs(runId: string): Promise<void> {
    if ((await this.locate("logs", runId)) !== null) return;
    const status = (await this.#deps.records.get(runId))?.status;
    if (status !== "queued" && status !== "running") await this.needLogs(runId);
  }

  /** The last lines of a run's log that match, as they stand there. @throws AppError DATA_NOT_FOUND, LOGS_READ_FAILED */
  async tail(runId: string, query: LogQuery): Promise<LogLines> {
    const read = this.#read("logs", runId, (path) => linesBefore(path, query));
    const found = await read.catch((cause: unknown) => {
      throw new AppError("LOGS_READ_FAILED", "failed to read logs", { cause });
    });
    if (found === null) throw logsNotFound();
    return found;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async history(runId: string, query: MetricsQuery): Promise<MetricsHistory> {
    const found = await this.#read("metrics", runId, (path) => metricsHistory(this.#indices, path, query));
    if (found !== null) return { run_id: runId, ...found, ...(await this.#resumed(runId)) };
    await this.needRun(runId);
    return { run_id: runId, steps: [], evaluations: [], total_steps_logged: 0 };
  }

  /** Nothing where the run has no manifest that can be read. */
  async #resumed(runId: string): Promise<{ resumed_from?: number[] }> {
    const manifest = await this.#manifest(runId).catch(() => null);
    return manifest === null ? {} : { resumed_from: manifest.resumed_from };
  }

  /**
   * The manifest of the run's folder, or the one kept of a removed folder. @throws AppError RUN_NOT_FOUND,
   * DATA_NOT_FOUND
   */
  async manifest(runId: string): Promise<RunManifest> {
    checkRunId(runId);
    const found = await this.#manifest(runId);
    if (found !== null) return found;
    await this.needRun(runId);
    throw new AppError("DATA_NOT_FOUND", "the run has not begun: it has no manifest yet");
  }

  async #manifest(runId: string): Promise<RunManifest | null> {
    const { home } = this.#deps;
    // The folder first: what a cleanup takes away just now is kept by then.
    for (const { manifest } of [runFolder(home.root, runId), archivedFiles(home, runId)]) {
      const found = await readManifest(manifest);
      if (found !== null) return found;
    }
    return null;
  }

  /** Null where there is no such file; one that a cleanup moves just then is read where it is from then on. */
  async #read<T>(kind: "logs" | "metrics", runId: string, read: (path: string) => Promise<T>): Promise<T | null> {
    for (;;) {
      const path = await this.locate(kind, runId);
      if (path === null) return null;
      try {
        return await read(path);
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
  }

  /** @throws AppError RUN_NOT_FOUND */
  async needRun(runId: string): Promise<void> {
    if ((await this.#deps.records.get(runId)) !== null) return;
    const { home } = this.#deps;
    const isHere = isId(runId) && ((await hasBegun(runFolder(home.root, runId))) || (await isArchived(home, runId)));
    if (!isHere) throw new AppError("RUN_NOT_FOUND", "run not found");
  }

  /** True if a run writes nothing more; false if that is unknown. */
  async isOver(runId: string): Promise<boolean> {
    try {
      const record = await this.#deps.records.get(runId);
      if (record !== null) return record.status === "completed" || record.status === "failed";
      return !(isId(runId) && (await this.#isTraining(runId)));
    } catch {
      return false;
    }
  }

  /** True for a run without a record that somebody trains without a service. */
  async #isTraining(runId: string): Promise<boolean> {
    const standing = await readStanding(runFolder(this.#deps.home.root, runId));
    return standing?.manifest.status === "running" && !standing.left;
  }
}

const logsNotFound = () => new AppError("DATA_NOT_FOUND", "logs not found");
