import { randomUUID } from "node:crypto";
import type { EstimateResponse, TrainRequest } from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Accepted } from "./ask.js";
import type { Jobs } from "./jobs.js";
import type { Trainings } from "./trainings.js";

export interface EstimatesDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
  readonly trainings: Pick<Trainings, "check">;
}

/** Has workers tell what trainings would be, of which none is begun. */
export class Estimates {
  readonly #deps: EstimatesDeps;

  constructor(deps: EstimatesDeps) {
    this.#deps = deps;
  }

  /** @throws AppError as for the training itself */
  async request(training: TrainRequest, isFollowed: boolean): Promise<Accepted<EstimateResponse>> {
    const { results, jobs, trainings } = this.#deps;
    const { user_id: _user, ...request } = training;
    await trainings.check(request);
    await jobs.assertRoom("estimate");
    const ids = { request_id: randomUUID() };
    const slot = results.estimate(ids.request_id);
    return await ask(this.#deps, { slot, ids, kind: "estimate", data: { ...ids, request } }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  result(request_id: string): Promise<EstimateResponse> {
    return poll(this.#deps.jobs, this.#deps.results.estimate(request_id), { request_id }, "estimate");
  }
}
