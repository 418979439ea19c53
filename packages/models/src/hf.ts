import { existsSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, scope, writeSafetensors, type Device, type Tensor } from "@trainer/torch";
import { readModelConfig, writeModelConfig } from "./config-file.js";
import { ModelError } from "./errors.js";
import type { SpecialIds, Tied } from "./family.js";
import type { CausalLm } from "./model.js";
import type { ModelPlan } from "./registry.js";

export interface LoadedModel {
  readonly model: CausalLm;
  readonly specials: SpecialIds;
}

/**
 * A model from a folder in Hugging Face's layout (config.json and model.safetensors), wherever it was made.
 * Weights stored in half precision become float32. Names may lack the prefix that a head's class adds.
 */
export async function loadModel(dir: string, { device = "cpu" }: { device?: Device } = {}): Promise<LoadedModel> {
  const plan = await readModelConfig(dir);
  const path = weightsIn(dir);
  const model = plan.build({ device });
  try {
    using stored = openSafetensors(path);
    scope(() => {
      const tensors = stored.names.map((name): [string, Tensor] => [name, stored.tensor(name)]);
      model.params.load(toParameters(tensors, plan, path));
    });
  } catch (error) {
    for (const t of model.params.list()) t.dispose();
    if (error instanceof ModelError) throw error;
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: ${String(error)}`, { cause: error });
  }
  return { model, specials: plan.specials };
}

/** Writes the folder that transformers loads as this model: config.json, generation_config.json, model.safetensors. */
export async function saveModel(dir: string, model: CausalLm, specials: SpecialIds): Promise<void> {
  await writeModelConfig(dir, model, specials);
  await writeSafetensors(join(dir, "model.safetensors"), model.params.named(), { format: "pt" });
}

function weightsIn(dir: string): string {
  const path = join(dir, "model.safetensors");
  if (existsSync(path)) return path;
  const other = ["model.safetensors.index.json", "pytorch_model.bin"].find((name) => existsSync(join(dir, name)));
  const hint =
    other === undefined
      ? ""
      : `; there is ${other}, which is not read: load the folder with transformers and save it as one safetensors file`;
  throw new ModelError("MODEL_LOAD_FAILED", `${dir}: no model.safetensors${hint}`);
}

/** What is stored, by the names of the model's parameters. */
function toParameters(stored: Iterable<[string, Tensor]>, plan: ModelPlan, path: string): Map<string, Tensor> {
  const state = new Map<string, Tensor>();
  for (const [name, tensor] of stored) {
    const target = plan.parameterName(name);
    if (target !== null) state.set(target, tensor);
  }
  if (plan.tied !== null) checkTied(state, plan.tied, path);
  return state;
}

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
