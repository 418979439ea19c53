import { AppError, type MetricsHistory } from "@trainer/platform";
import type { RunRecords } from "@trainer/platform/redis";
import { readManifest, runFolder, runLogFiles, isId, type Home } from "@trainer/training/files";
import { lastLines } from "../live/lines.js";
import { thinned } from "./thinned.js";

export interface RunFilesDeps {
  readonly home: Home;
  readonly records: RunRecords;
}

/** What runs write as they go. */
export class RunFiles {
  readonly #deps: RunFilesDeps;

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
    if (path === null) throw new AppError("DATA_NOT_FOUND", "logs not found");
    return path;
  }

  /** That there is a log, or will be: the run has not ended. @throws AppError DATA_NOT_FOUND */
  async needComingLogs(runId: string): Promise<void> {
    if ((await this.locate("logs", runId)) !== null) return;
    const status = (await this.#deps.records.get(runId))?.status;
    if (status !== "queued" && status !== "running") await this.needLogs(runId);
  }

  /** The last lines of a run's log, as they stand there. @throws AppError DATA_NOT_FOUND, LOGS_READ_FAILED */
  async tail(runId: string, lines: number): Promise<string> {
    const path = await this.needLogs(runId);
    try {
      return await lastLines(path, lines);
    } catch (cause) {
      throw new AppError("LOGS_READ_FAILED", "failed to read logs", { cause });
    }
  }

  /** @param points how many steps at most. @throws AppError RUN_NOT_FOUND */
  async history(runId: string, points: number): Promise<MetricsHistory> {
    const path = await this.locate("metrics", runId);
    if (path === null) {
      await this.needRun(runId);
      return { run_id: runId, steps: [], evaluations: [], total_steps_logged: 0 };
    }
    return { run_id: runId, ...(await thinned(path, points)) };
  }

  /** @throws AppError RUN_NOT_FOUND */
  async needRun(runId: string): Promise<void> {
    if ((await this.#deps.records.get(runId)) === null) throw new AppError("RUN_NOT_FOUND", "run not found");
  }

  /** Whether a run writes nothing more; while that cannot be told, it may. */
  async isOver(runId: string): Promise<boolean> {
    try {
      const record = await this.#deps.records.get(runId);
      if (record !== null) return record.status === "completed" || record.status === "failed";
      return !(isId(runId) && (await this.#isTraining(runId)));
    } catch {
      return false;
    }
  }

  /** Of a run without a record: one that somebody trains without a service. */
  async #isTraining(runId: string): Promise<boolean> {
    const manifest = await readManifest(runFolder(this.#deps.home.root, runId).manifest);
    return manifest?.status === "running";
  }
}
