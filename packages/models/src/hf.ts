import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSafetensors, scope, writeSafetensors, type Device, type Tensor } from "@trainer/torch";
import { z } from "zod";
import type { FamilyName } from "./capabilities.js";
import { ModelError } from "./errors.js";
import { parseGpt2Config, toGpt2ConfigFile, type Gpt2Config, type SpecialIds } from "./gpt2-config.js";
import type { CausalLm } from "./model.js";
import { build, familyNamed } from "./registry.js";

export interface ModelConfig {
  readonly family: FamilyName;
  readonly config: Gpt2Config;
  readonly specials: SpecialIds;
}

export interface LoadedModel {
  readonly model: CausalLm;
  readonly specials: SpecialIds;
}

/**
 * A model from a folder in Hugging Face's layout (config.json and model.safetensors), wherever it was made.
 * Weights stored in half precision become float32. Names may lack the `transformer.` that GPT2LMHeadModel adds.
 */
export async function loadModel(dir: string, { device = "cpu" }: { device?: Device } = {}): Promise<LoadedModel> {
  const { family, config, specials } = await readModelConfig(dir);
  const path = weightsIn(dir);
  const model = build(family, config, { device });
  try {
    using stored = openSafetensors(path);
    scope(() => {
      const state = new Map<string, Tensor>();
      for (const name of stored.names) {
        const target = parameterName(name);
        if (target !== null) state.set(target, stored.tensor(name));
      }
      checkTied(state, path);
      model.params.load(state);
    });
  } catch (error) {
    for (const t of model.params.list()) t.dispose();
    if (error instanceof ModelError) throw error;
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: ${String(error)}`, { cause: error });
  }
  return { model, specials };
}

/** Writes the folder that transformers loads as this model: config.json, generation_config.json, model.safetensors. */
export async function saveModel(dir: string, model: CausalLm, specials: SpecialIds): Promise<void> {
  await writeModelConfig(dir, model, specials);
  await writeSafetensors(join(dir, "model.safetensors"), model.params.named(), { format: "pt" });
}

/** The folder's config.json and generation_config.json. */
export async function writeModelConfig(dir: string, model: CausalLm, specials: SpecialIds): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeJson(join(dir, "config.json"), toGpt2ConfigFile(model.config, specials));
  await writeJson(join(dir, "generation_config.json"), {
    _from_model_config: true,
    bos_token_id: specials.bosTokenId,
    eos_token_id: specials.eosTokenId,
    pad_token_id: specials.padTokenId,
  });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  const tmp = `${path}.tmp`;
  await writeFile(tmp, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
  await rename(tmp, path);
}

const ModelType = z.object({ model_type: z.string() });

/** What a folder's config.json says. */
export async function readModelConfig(dir: string): Promise<ModelConfig> {
  const path = join(dir, "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ModelError("MODEL_NOT_FOUND", `${dir}: no model here, there is no readable config.json`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: not JSON`, { cause: error });
  }
  const kind = ModelType.safeParse(value);
  if (!kind.success)
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: no model_type; expected a model's config.json`);
  const family = familyNamed(kind.data.model_type);
  const { config, file } = parseGpt2Config(value, path);
  const specials = { bosTokenId: file.bos_token_id, eosTokenId: file.eos_token_id, padTokenId: file.pad_token_id };
  return { family, config, specials };
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

/** Buffers that older files carry beside the weights: the causal mask and its fill value. */
const BUFFER = /\.attn\.(?:bias|masked_bias)$/;

/** What a stored tensor is called here; null for what is not a parameter. */
function parameterName(stored: string): string | null {
  if (BUFFER.test(stored)) return null;
  return stored.startsWith("transformer.") || stored === "lm_head.weight" ? stored : `transformer.${stored}`;
}

/** A head stored beside the embedding must be the same: the model has one tensor for both. */
function checkTied(state: Map<string, Tensor>, path: string): void {
  const head = state.get("lm_head.weight");
  const wte = state.get("transformer.wte.weight");
  if (head === undefined) return;
  state.delete("lm_head.weight");
  if (wte === undefined) {
    state.set("transformer.wte.weight", head);
  } else if (head.shape.join() !== wte.shape.join() || head.ne(wte).any().item() !== 0) {
    throw new ModelError(
      "MODEL_INCOMPATIBLE",
      `${path}: lm_head.weight differs from wte.weight; the head must be tied`,
    );
  }
}
