import { randomUUID } from "node:crypto";
import { planDefaults } from "@trainer/options";
import { TrainSettings, type PlanRequest, type PlanResponse } from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { ask, poll, type Accepted } from "./ask.js";
import type { Jobs } from "./jobs.js";
import type { Trainings } from "./trainings.js";

export interface PlansDeps {
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
  readonly trainings: Pick<Trainings, "check">;
}

/** Has workers plan trainings, of which none is begun. */
export class Plans {
  readonly #deps: PlansDeps;

  constructor(deps: PlansDeps) {
    this.#deps = deps;
  }

  /** @throws AppError as for a training with what is asked for */
  async request(request: PlanRequest, isFollowed: boolean): Promise<Accepted<PlanResponse>> {
    const { results, jobs, trainings } = this.#deps;
    const { seconds: _seconds, memory_bytes: _bytes, ...said } = request;
    await trainings.check(
      TrainSettings.parse({ ...said, model_family: said.model_family ?? planDefaults.modelFamily }),
    );
    await jobs.assertRoom("plan");
    const ids = { request_id: randomUUID() };
    const slot = results.plan(ids.request_id);
    return await ask(this.#deps, { slot, ids, kind: "plan", data: { ...ids, request } }, isFollowed);
  }

  /** @throws AppError DATA_NOT_FOUND */
  result(request_id: string): Promise<PlanResponse> {
    return poll(this.#deps.jobs, this.#deps.results.plan(request_id), { request_id }, "plan");
  }
}
