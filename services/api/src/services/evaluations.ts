import { randomUUID } from "node:crypto";
import { AppError, RunId, type EvaluateRequest, type EvaluateResponse } from "@trainer/platform";
import type { EvalRecord, Results, RunRecords } from "@trainer/platform/redis";
import { hasBegun, runFolder, type Home, type TextRoot } from "@trainer/training/files";
import { checkText } from "./check-text.js";
import type { Jobs } from "./jobs.js";

export interface EvaluationsDeps {
  readonly home: Home;
  readonly records: RunRecords;
  readonly results: Results;
  readonly jobs: Jobs;
  readonly texts: TextRoot;
}

/** Has runs evaluated; of each the latest evaluation is kept. */
export class Evaluations {
  readonly #deps: EvaluationsDeps;

  constructor(deps: EvaluationsDeps) {
    this.#deps = deps;
  }

  /** An unknown run is no error but an evaluation that has failed. */
  async request(runId: string, request: EvaluateRequest): Promise<EvaluateResponse> {
    const { results, jobs, texts } = this.#deps;
    const slot = results.evaluation(runId, request.split);
    const known = RunId.safeParse(runId).data;
    if (known === undefined || !(await this.#isKnown(known)))
      return answer(runId, slot.unfinished("failed", "run not found"));
    await checkText(texts, "path_override", request.path_override, "corpus");
    await jobs.assertRoom("eval");
    const queued = slot.unfinished("queued");
    await slot.set(queued);
    await jobs.add("eval", randomUUID(), { run_id: known, request });
    return answer(runId, queued);
  }

  /** @throws AppError EVAL_NOT_FOUND */
  async latest(runId: string): Promise<EvaluateResponse> {
    const slot = this.#deps.results.evaluation(runId);
    const record = await slot.get();
    if (record !== null) return answer(runId, record);
    const message = (await slot.exists()) ? "evaluation cache corrupt" : "evaluation not found";
    throw new AppError("EVAL_NOT_FOUND", message);
  }

  /** Runs that were made without a service have a folder alone. */
  async #isKnown(runId: RunId): Promise<boolean> {
    const { home, records } = this.#deps;
    return (await records.get(runId)) !== null || (await hasBegun(runFolder(home.root, runId)));
  }
}

const answer = (
  runId: string,
  { status, split, loss, ppl, figures, artifact, message }: EvalRecord,
): EvaluateResponse => ({
  run_id: runId,
  split,
  status,
  loss,
  perplexity: ppl,
  figures,
  artifact_path: artifact,
  message,
});
