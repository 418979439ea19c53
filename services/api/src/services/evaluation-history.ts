import { join } from "node:path";
import { entriesIn, unlessAbsent } from "@trainer/disk";
import { EvaluationRecord, SampleRecord, type EvaluationHistory, type SampleList } from "@trainer/platform";
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

/** What evaluations of a run have left in its folder. */
export class EvaluationHistories {
  readonly #home: Home;
  readonly #runs: Pick<RunFiles, "needRun">;

  constructor({ home, runs }: EvaluationHistoriesDeps) {
    this.#home = home;
    this.#runs = runs;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async evaluations(run: string): Promise<EvaluationHistory> {
    const { runId, folder } = await this.#folder(run);
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
    const { runId, folder } = await this.#folder(run);
    return { run_id: runId, samples: await recordsIn(SampleRecord, join(folder, "samples.jsonl")) };
  }

  async #folder(run: string): Promise<{ readonly runId: string; readonly folder: string }> {
    const runId = checkRunId(run);
    await this.#runs.needRun(runId);
    return { runId, folder: join(runFolder(this.#home.root, runId).path, "eval") };
  }
}

async function recordsIn<T>(schema: { parse(value: unknown): T }, path: string): Promise<T[]> {
  const text = await unlessAbsent(lastLines(path, MOST));
  return text === null ? [] : text.split("\n").flatMap((line) => rowsIn(schema, line));
}
