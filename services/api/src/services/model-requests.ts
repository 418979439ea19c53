import { randomUUID } from "node:crypto";
import type { GenerateRequest, GenerateResponse, ScoreRequest, ScoreResponse } from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { TextRoot } from "@trainer/training/files";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Accepted } from "./ask.js";
import { checkModelId } from "./check-run-id.js";
import { checkText } from "./check-text.js";
import type { Jobs } from "./jobs.js";

export interface QuestionsDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
  readonly texts: TextRoot;
}

/** Has texts scored and written by runs' models. */
export class ModelRequests {
  readonly #deps: QuestionsDeps;

  constructor(deps: QuestionsDeps) {
    this.#deps = deps;
  }

  async score(run: string, request: ScoreRequest, isFollowed = false): Promise<Accepted<ScoreResponse>> {
    const run_id = checkModelId(run);
    const { results, jobs, texts } = this.#deps;
    await checkText(texts, "path", request.path, "file");
    await jobs.assertRoom("score");
    const ids = { request_id: randomUUID() };
    const slot = results.score(run_id, ids.request_id);
    return await ask(this.#deps, { slot, ids, kind: "score", data: { run_id, ...ids, request } }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  scored(runId: string, request_id: string): Promise<ScoreResponse> {
    return poll(this.#deps.jobs, this.#deps.results.score(runId, request_id), { request_id }, "score");
  }

  async generate(run: string, request: GenerateRequest, isFollowed = false): Promise<Accepted<GenerateResponse>> {
    const run_id = checkModelId(run);
    const { results, jobs, texts } = this.#deps;
    await checkText(texts, "prompt_path", request.prompt_path, "file");
    await jobs.assertRoom("generate");
    const ids = { request_id: randomUUID() };
    const slot = results.generation(run_id, ids.request_id);
    const data = { run_id, ...ids, request };
    return await ask(this.#deps, { slot, ids, kind: "generate", data }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  generated(runId: string, request_id: string): Promise<GenerateResponse> {
    return poll(this.#deps.jobs, this.#deps.results.generation(runId, request_id), { request_id }, "generate");
  }
}
