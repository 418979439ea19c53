import { randomUUID } from "node:crypto";
import {
  AppError,
  GenerateResult,
  ScoreResult,
  type GenerateRequest,
  type GenerateResponse,
  type ScoreRequest,
  type ScoreResponse,
} from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { TextRoot } from "@trainer/training/files";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Asked } from "./asked.js";
import { checkRunId } from "./check-run-id.js";
import { checkText } from "./check-text.js";
import type { Jobs } from "./jobs.js";

export interface QuestionsDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
  readonly texts: TextRoot;
}

/** Has texts scored and written by runs' models. */
export class Questions {
  readonly #deps: QuestionsDeps;

  constructor(deps: QuestionsDeps) {
    this.#deps = deps;
  }

  async score(run: string, request: ScoreRequest, isFollowed = false): Promise<Asked<ScoreResponse>> {
    const runId = checkRunId(run);
    const { results, jobs, channels, texts } = this.#deps;
    await checkText(texts, "path", request.path, "file");
    await jobs.assertRoom("score");
    const request_id = randomUUID();
    const slot = results.score(runId, request_id);
    const answer = (result: ScoreResult): ScoreResponse => ({ ...result, request_id });
    const question = { slot, queued: ScoreResult.parse({ status: "queued" }), channels, answer };
    return await ask(question, () => jobs.add("score", request_id, { run_id: runId, request_id, request }), isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  async scored(runId: string, requestId: string): Promise<ScoreResponse> {
    const result = await poll(this.#deps.results.score(runId, requestId));
    if (result === null) throw new AppError("DATA_NOT_FOUND", "score request not found");
    return { ...result, request_id: requestId };
  }

  async generate(run: string, request: GenerateRequest, isFollowed = false): Promise<Asked<GenerateResponse>> {
    const runId = checkRunId(run);
    const { results, jobs, channels, texts } = this.#deps;
    await checkText(texts, "prompt_path", request.prompt_path, "file");
    await jobs.assertRoom("generate");
    const request_id = randomUUID();
    const slot = results.generation(runId, request_id);
    const answer = (result: GenerateResult): GenerateResponse => ({ ...result, request_id });
    const question = { slot, queued: GenerateResult.parse({ status: "queued" }), channels, answer };
    const data = { run_id: runId, request_id, request };
    return await ask(question, () => jobs.add("generate", request_id, data), isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  async generated(runId: string, requestId: string): Promise<GenerateResponse> {
    const result = await poll(this.#deps.results.generation(runId, requestId));
    if (result === null) throw new AppError("DATA_NOT_FOUND", "generate request not found");
    return { ...result, request_id: requestId };
  }
}
