import { basename, dirname, join } from "node:path";
import { entriesIn, unlessAbsent } from "@trainer/disk";
import {
  CourseSample,
  EvaluationRecord,
  SampleRecord,
  type EvaluationHistory,
  type SampleList,
} from "@trainer/platform";
import { archivedFiles, runFolder, type Home } from "@trainer/training/files";
import { lastLines } from "../live/lines.js";
import { checkRunId } from "./check-run-id.js";
import { rowsIn } from "./rows-in.js";
import type { RunFiles } from "./run-files.js";

export interface EvaluationHistoriesDeps {
  readonly home: Home;
  readonly runs: Pick<RunFiles, "needRun">;
}

/** Number of lines that are read of a file, the newest. */
const MOST = 1000;

/** What evaluations and the training of a run have left in its folder: losses, and texts that its model wrote. */
export class EvaluationHistories {
  readonly #home: Home;
  readonly #runs: Pick<RunFiles, "needRun">;

  constructor({ home, runs }: EvaluationHistoriesDeps) {
    this.#home = home;
    this.#runs = runs;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async evaluations(run: string): Promise<EvaluationHistory> {
    const { runId, here, kept } = await this.#files(run);
    const folder = dirname(here.evaluations);
    const others = (await entriesIn(folder)).flatMap((entry) =>
      entry.isDirectory() ? [join(folder, entry.name, basename(here.evaluations))] : [],
    );
    const all = await Promise.all([
      recordsIn(EvaluationRecord, here.evaluations, kept.evaluations),
      ...others.map((each) => recordsIn(EvaluationRecord, each)),
    ]);
    const time = ({ evaluated_at }: EvaluationRecord) => evaluated_at ?? "";
    return { run_id: runId, evaluations: all.flat().toSorted((a, b) => time(a).localeCompare(time(b))) };
  }

  /** @throws AppError RUN_NOT_FOUND */
  async samples(run: string): Promise<SampleList> {
    const { runId, here, kept } = await this.#files(run);
    const samples = await recordsIn(SampleRecord, here.evaluationSamples, kept.evaluationSamples);
    return { run_id: runId, samples, course: await recordsIn(CourseSample, here.samples, kept.samples) };
  }

  /** A run's files in its folder, and those that are kept when that is cleaned away. */
  async #files(run: string) {
    const runId = checkRunId(run);
    await this.#runs.needRun(runId);
    return { runId, here: runFolder(this.#home.root, runId), kept: archivedFiles(this.#home, runId) };
  }
}

/** The records of the first of these files that is there. */
async function recordsIn<T>(schema: { parse(value: unknown): T }, ...paths: readonly string[]): Promise<T[]> {
  for (const path of paths) {
    const text = await unlessAbsent(lastLines(path, MOST));
    if (text !== null) return text.split("\n").flatMap((line) => rowsIn(schema, line));
  }
  return [];
}
