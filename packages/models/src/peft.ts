import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeJson } from "@trainer/disk";
import { openSafetensors, scope, writeSafetensors, type SafetensorsFile } from "@trainer/torch";
import { z } from "zod";
import { ADAPTER_CONFIG, ADAPTER_FILE } from "./file-names.js";
import { ModelError } from "./errors.js";
import { addLora, type LoraModel } from "./lora.js";
import type { CausalLm } from "./model.js";

/**
 * The part of PEFT's adapter_config.json that describes an adapter's structure; variants of LoRA that are not built
 * here are refused.
 */
const AdapterConfig = z.object({
  peft_type: z.literal("LORA"),
  r: z.int().min(1),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.array(z.string()).min(1),
  bias: z.literal("none").default("none"),
  use_dora: z.literal(false).default(false),
  use_rslora: z.literal(false).default(false),
  rank_pattern: z.strictObject({}).default({}),
  alpha_pattern: z.strictObject({}).default({}),
});

/** Writes the folder that PEFT loads as this adapter; `baseName` is what it names as the model that it belongs to. */
export async function saveAdapter(dir: string, lora: LoraModel, baseName: string): Promise<void> {
  await writeAdapterConfig(dir, lora, baseName);
  await writeSafetensors(join(dir, ADAPTER_FILE), lora.adapter.named(), { format: "pt" });
}

/** The folder's adapter_config.json. */
export async function writeAdapterConfig(dir: string, lora: LoraModel, baseName: string): Promise<void> {
  const { options, targetModules, inOut } = lora;
  await makeFolder(dir);
  await writeJson(join(dir, ADAPTER_CONFIG), {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: baseName,
    r: options.rank,
    lora_alpha: options.alpha,
    lora_dropout: options.dropout,
    target_modules: options.targets ?? targetModules,
    fan_in_fan_out: inOut,
    bias: "none",
    inference_mode: true,
  });
}

/** Puts an adapter in PEFT's format on its base model. Errors: MODEL_LOAD_FAILED, MODEL_INCOMPATIBLE. */
export async function loadAdapter(dir: string, base: CausalLm): Promise<LoraModel> {
  const path = join(dir, ADAPTER_CONFIG);
  let config: z.infer<typeof AdapterConfig>;
  try {
    config = AdapterConfig.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll("\n", " ") : String(error);
    throw new ModelError("MODEL_LOAD_FAILED", `${path}: ${why}`, { cause: error });
  }
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout, target_modules: targets } = config;
  try {
    using stored = openSafetensors(join(dir, ADAPTER_FILE));
    checkRank(stored, rank);
    const lora = addLora(base, { rank, alpha, dropout, targets });
    scope(() => {
      lora.adapter.load(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
    });
    return lora;
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError("MODEL_LOAD_FAILED", `${dir}: ${String(error)}`, { cause: error });
  }
}

/** A config may come from anywhere, and say any rank: memory is taken for one that the file beside it holds. */
function checkRank(stored: SafetensorsFile, rank: number): void {
  const held = stored.names.filter((name) => name.endsWith(".lora_A.weight")).map((name) => stored.shape(name)[0]);
  if (held.includes(rank)) return;
  throw new ModelError(
    "MODEL_LOAD_FAILED",
    `${stored.path}: the ranks in it are ${[...new Set(held)].join(", ") || "none"}, and ${ADAPTER_CONFIG} says ${rank}`,
  );
}
