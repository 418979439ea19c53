import { randomUUID } from "node:crypto";
import {
  OpenAiError,
  servedElsewhere,
  unknownModel,
  type ModelEntry,
  type Models,
  type ServedModel,
} from "@trainer/openai/http";
import { ModelId, type ExportedModelList, type OpenAiQuestion } from "@trainer/platform";
import type { Results } from "@trainer/platform/redis";
import type { Channels } from "../live/channels.js";
import { followed, type Piece } from "./ask.js";
import type { Exports } from "./exports.js";
import type { Jobs } from "./jobs.js";
import type { Listed } from "./listed-run.js";
import type { RunCatalogue } from "./run-catalogue.js";

export interface ModelsForOpenAiDeps {
  readonly catalogue: Pick<RunCatalogue, "completed" | "run">;
  readonly exports: Pick<Exports, "models">;
  readonly results: Results;
  readonly jobs: Jobs;
  readonly channels: Channels;
}

/** Every completed run and every exported model of the home, asked as OpenAI's clients ask; a worker answers. */
export class ModelsForOpenAi implements Models {
  readonly #deps: ModelsForOpenAiDeps;

  constructor(deps: ModelsForOpenAiDeps) {
    this.#deps = deps;
  }

  /** Runs first, the latest of them at the top. */
  async list(): Promise<Known[]> {
    const { catalogue, exports } = this.#deps;
    const [runs, { models }] = await Promise.all([catalogue.completed(), exports.models()]);
    const ids = new Set(runs.map(({ run_id }) => run_id));
    return [...runs.map(ofRun), ...models.map((model) => ofExport(model, ids.has(model.name)))];
  }

  /** An exported model goes by its folder's name, unless a run has that, and by its id. */
  async of(id: string | null | undefined): Promise<ServedModel> {
    const known = id === null || id === undefined ? await this.#only() : await this.#named(id);
    return servedElsewhere(known, (question, signal) => this.#ask(known.modelId, question, signal));
  }

  async #only(): Promise<Known> {
    const [first, ...others] = await this.list();
    if (first !== undefined && others.length === 0) return first;
    const message = `model: say which is meant: there are ${others.length === 0 ? "none" : others.length + 1}`;
    throw new OpenAiError(400, message, { param: "model" });
  }

  async #named(id: string): Promise<Known> {
    const { catalogue, exports } = this.#deps;
    const run = await catalogue.run(id);
    if (run?.status === "completed") return ofRun(run);
    if (run !== undefined) throw unknownModel(id, `: the run is ${run.status}`);
    const { models } = await exports.models();
    const exported = models.find(({ model_id, name }) => model_id === id || name === id);
    if (exported === undefined) throw unknownModel(id, "; GET /v1/models lists those that do");
    return ofExport(exported, exported.model_id === id);
  }

  async *#ask(run_id: ModelId, request: OpenAiQuestion, signal: AbortSignal): AsyncGenerator<Piece<{ lines: string }>> {
    const { results, jobs } = this.#deps;
    await jobs.assertRoom("openai");
    const ids = { request_id: randomUUID() };
    const slot = results.openAi(run_id, ids.request_id);
    const data = { run_id, ...ids, request };
    yield* followed(this.#deps, { slot, ids, kind: "openai", data }, signal);
  }
}

/** A model by the name that it is asked by, and the one that the worker has for it. */
interface Known extends ModelEntry {
  readonly modelId: ModelId;
}

const ofRun = ({ run_id, created_at }: Listed): Known => known(run_id, run_id, `${created_at}Z`);

const ofExport = ({ model_id, name, modified }: ExportedModelList["models"][number], byId: boolean): Known =>
  known(byId ? model_id : name, model_id, modified);

const known = (id: string, modelId: string, time: string): Known => ({
  id,
  modelId: ModelId.parse(modelId),
  created: Math.floor(Date.parse(time) / 1000),
  contextLength: null,
});
