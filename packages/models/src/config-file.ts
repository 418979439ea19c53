import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeJson } from "@trainer/disk";
import { z } from "zod";
import { ModelError } from "./errors.js";
import type { SpecialIds } from "./family.js";
import type { CausalLm } from "./model.js";
import { loadFamilyOf, planStored, type StoredPlan } from "./registry.js";

/** The ids as they are written: several may end a text. */
export interface WrittenIds extends Omit<SpecialIds, "eosTokenId"> {
  readonly eosTokenId: number | readonly number[] | null;
}

/** The folder's config.json, and its generation_config.json: `generation` where there is one to be kept. */
export async function writeModelConfig(
  dir: string,
  model: CausalLm,
  specials: WrittenIds,
  generation: Readonly<Record<string, unknown>> | null = null,
): Promise<void> {
  const ids = {
    bos_token_id: specials.bosTokenId,
    eos_token_id: specials.eosTokenId,
    pad_token_id: specials.padTokenId,
  };
  await makeFolder(dir);
  await writeJson(join(dir, "config.json"), { ...model.configFile(), use_cache: true, ...ids, dtype: "float32" });
  await writeJson(join(dir, "generation_config.json"), generation ?? { _from_model_config: true, ...ids });
}

const File = z.looseObject({ model_type: z.string().nullish() });

/** The model that a folder's config.json describes. */
export async function readModelConfig(dir: string): Promise<StoredPlan> {
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
  const file = File.safeParse(value);
  if (file.success) {
    const modelType = file.data.model_type ?? null;
    await loadFamilyOf(modelType);
    const plan = planStored(modelType, file.data, path);
    if (plan !== null) return plan;
  }
  throw new ModelError("MODEL_LOAD_FAILED", `${path}: no model_type; expected a model's config.json`);
}
