import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { openSafetensors, scope, type Device, type Tensor } from "@trainer/torch";
import { readModelConfig, writeModelConfig, type WrittenIds } from "./config-file.js";
import { ModelError } from "./errors.js";
import type { SpecialIds, Tied } from "./family.js";
import { readGgufWeights } from "./gguf/read-model.js";
import type { CausalLm } from "./model.js";
import type { ModelPlan } from "./registry.js";
import { INDEX_FILE, WEIGHTS_FILE } from "./file-names.js";
import { readShards, writeShards } from "./shards.js";
import { readStateDict } from "./torch-file/state-dict.js";

export interface LoadedModel {
  readonly model: CausalLm;
  readonly specials: SpecialIds;
}

/**
 * A model from a folder in Hugging Face's layout (config.json and model.safetensors, or several such files with an
 * index), wherever it was made, or with the model.pt of a Python run; `weights`: the file to take them from instead, a GGUF
 * file among them.
 * Weights stored in half precision become float32. Names may lack the prefix that a head's class adds.
 */
export async function loadModel(
  dir: string,
  { device = "cpu", weights }: { device?: Device; weights?: string } = {},
): Promise<LoadedModel> {
  const plan = await readModelConfig(dir);
  const path = weights ?? weightsIn(dir);
  try {
    const stored = await readWeights(path);
    try {
      const state = scope(() => toParameters(stored, plan, path));
      checkShapes(plan, state);
      const model = plan.build({ device });
      scope(() => model.params.load(state));
      return { model, specials: plan.specials };
    } finally {
      for (const tensor of stored.values()) tensor.dispose();
    }
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: ${String(error)}`, { cause: error });
  }
}

/** A config may come from anywhere, and say any size: memory is taken for a model that the file beside it holds. */
function checkShapes(plan: ModelPlan, state: ReadonlyMap<string, Tensor>): void {
  scope(() => {
    const { params } = plan.build({ device: "meta" });
    try {
      params.check(state);
    } finally {
      for (const shape of params.list()) shape.dispose();
    }
  });
}

/**
 * Writes the folder that transformers loads as this model: config.json, generation_config.json and model.safetensors,
 * or, where that would have more than `maxShardBytes` (5 GB), several files with an index.
 */
export async function saveModel(
  dir: string,
  model: CausalLm,
  specials: WrittenIds,
  { maxShardBytes = 5e9 }: { maxShardBytes?: number } = {},
): Promise<void> {
  await writeModelConfig(dir, model, specials);
  await writeShards(dir, model.params.named(), maxShardBytes);
}

/** Formats of weights, in order of precedence. */
const FORMATS = [WEIGHTS_FILE, INDEX_FILE, "model.pt"];

/** The file that a folder's weights are in, or begin with; null where there are none. */
export function findWeights(dir: string): string | null {
  const found = FORMATS.find((name) => existsSync(join(dir, name)));
  return found === undefined ? null : join(dir, found);
}

function weightsIn(dir: string): string {
  const found = findWeights(dir);
  if (found !== null) return found;
  const other = existsSync(join(dir, "pytorch_model.bin"))
    ? "; there is pytorch_model.bin, which is not read: load the folder with transformers and save it again"
    : "";
  throw new ModelError("MODEL_LOAD_FAILED", `${dir}: no model.safetensors${other}`);
}

async function readWeights(path: string): Promise<ReadonlyMap<string, Tensor>> {
  if (path.endsWith(".pt")) return readStateDict(path);
  if (path.endsWith(".gguf")) return readGgufWeights(path);
  if (path.endsWith(".json")) return new Map(await readShards(dirname(path)));
  using stored = openSafetensors(path);
  return new Map(stored.names.map((name) => [name, stored.tensor(name)]));
}

/** Stored tensors by the names of the model's parameters. */
function toParameters(stored: Iterable<[string, Tensor]>, plan: ModelPlan, path: string): Map<string, Tensor> {
  const state = new Map<string, Tensor>();
  const from = new Map<string, string>();
  for (const [name, tensor] of stored) {
    const target = plan.parameterName(name);
    if (target === null) continue;
    const other = from.get(target);
    if (other !== undefined) throw twice(path, other, name);
    from.set(target, name);
    state.set(target, tensor);
  }
  if (plan.tied !== null) checkTied(state, plan.tied, path);
  return state;
}

/** Ambiguous: some programs would take the one, some the other. */
const twice = (path: string, one: string, other: string) =>
  new ModelError(
    "MODEL_INCOMPATIBLE",
    `${path}: it holds "${one}" and "${other}", which are two names of one parameter: remove the one that is not the model's`,
  );

/** A head stored beside the embedding must be the same: the model has one tensor for both. */
function checkTied(state: Map<string, Tensor>, tied: Tied, path: string): void {
  const head = state.get(tied.head);
  const embedding = state.get(tied.embedding);
  if (head === undefined) return;
  state.delete(tied.head);
  if (embedding === undefined) {
    state.set(tied.embedding, head);
  } else if (head.shape.join() !== embedding.shape.join() || head.ne(embedding).any().item() !== 0) {
    throw new ModelError(
      "MODEL_INCOMPATIBLE",
      `${path}: ${tied.head} differs from ${tied.embedding}; the head must be tied`,
    );
  }
}
