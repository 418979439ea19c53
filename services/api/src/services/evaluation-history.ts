import { join } from "node:path";
import { entriesIn, unlessAbsent } from "@trainer/disk";
import {
  CourseSample,
  EvaluationRecord,
  SampleRecord,
  type EvaluationHistory,
  type SampleList,
} from "@trainer/platform";
import { runFolder, type Home } from "@trainer/training/files";
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
    const { runId, evaluated: folder } = await this.#folders(run);
    const inside = (await entriesIn(folder)).flatMap((entry) =>
      entry.isDirectory() ? [join(folder, entry.name)] : [],
    );
    const all = await Promise.all(
      [folder, ...inside].map((each) => recordsIn(EvaluationRecord, join(each, "history.jsonl"))),
    );
    const time = ({ evaluated_at }: EvaluationRecord) => evaluated_at ?? "";
    return { run_id: runId, evaluations: all.flat().toSorted((a, b) => time(a).localeCompare(time(b))) };
  }

  /** @throws AppError RUN_NOT_FOUND */
  async samples(run: string): Promise<SampleList> {
    const { runId, evaluated, course } = await this.#folders(run);
    const samples = await recordsIn(SampleRecord, join(evaluated, "samples.jsonl"));
    return { run_id: runId, samples, course: await recordsIn(CourseSample, course) };
  }

  /** Where evaluations are, and the file of the training's own samples. */
  async #folders(
    run: string,
  ): Promise<{ readonly runId: string; readonly evaluated: string; readonly course: string }> {
    const runId = checkRunId(run);
    await this.#runs.needRun(runId);
    const { path, samples } = runFolder(this.#home.root, runId);
    return { runId, evaluated: join(path, "eval"), course: samples };
  }
}

async function recordsIn<T>(schema: { parse(value: unknown): T }, path: string): Promise<T[]> {
  const text = await unlessAbsent(lastLines(path, MOST));
  return text === null ? [] : text.split("\n").flatMap((line) => rowsIn(schema, line));
}
