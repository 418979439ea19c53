import { at } from "@trainer/disk";
import { scope } from "@trainer/torch";
import { z } from "zod";
import { count, positive } from "../config-schema.js";
import type { Rope, RopeScaling } from "../rope-config.js";
import { frequencies } from "../rope.js";
import { noGguf, unsupported } from "./errors.js";
import type { GgufFile, StoredTensor } from "./open-gguf.js";
import { readKeys } from "./read-keys.js";
import { tensorOf } from "./tensor-data.js";
import { f32, text, u32, type TypedMetadata } from "./values.js";

export const FREQUENCIES = "rope_freqs.weight";

interface Rotated {
  readonly rope: Rope;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
}

/** The keys of a model's rotary positions. */
export function writeRope(prefix: string, { rope, headDim, maxPositionEmbeddings }: Rotated): TypedMetadata {
  const { theta, scaling } = rope;
  const plain: TypedMetadata = [
    [`${prefix}.rope.dimension_count`, u32(headDim)],
    [`${prefix}.rope.freq_base`, f32(theta)],
  ];
  const scaled = (type: string, factor: number): TypedMetadata => [
    [`${prefix}.rope.scaling.type`, text(type)],
    [`${prefix}.rope.scaling.factor`, f32(factor)],
  ];
  switch (scaling.rope_type) {
    case "default":
      return plain;
    case "llama3": {
      // What it comes to is a tensor; the settings are for reading it again, and no type is said: llama.cpp knows none.
      const { original_max_position_embeddings: original = maxPositionEmbeddings } = scaling;
      return [
        ...plain,
        [`${prefix}.rope.scaling.original_context_length`, u32(original)],
        [`${prefix}.rope.scaling.low_freq_factor`, f32(scaling.low_freq_factor)],
        [`${prefix}.rope.scaling.high_freq_factor`, f32(scaling.high_freq_factor)],
      ];
    }
    case "linear":
      return [...plain, ...scaled("linear", scaling.factor)];
    case "yarn": {
      const { original_max_position_embeddings: original = maxPositionEmbeddings } = scaling;
      if (!isPlainYarn(scaling))
        throw noGguf("its YaRN has settings (attention_factor, mscale, betas, truncate) of its own");
      return [
        ...plain,
        ...scaled("yarn", scaling.factor),
        [`${prefix}.rope.scaling.original_context_length`, u32(original)],
      ];
    }
    case "longrope":
      throw noGguf("its rotary positions are LongRoPE's");
    case "dynamic":
      throw noGguf("its rotary positions are scaled by the text's length (dynamic), which llama.cpp does not do");
  }
}

const isPlainYarn = (scaling: Extract<RopeScaling, { rope_type: "yarn" }>): boolean =>
  scaling.attention_factor === null &&
  scaling.mscale === null &&
  scaling.mscale_all_dim === null &&
  scaling.truncate &&
  (scaling.beta_fast ?? 32) === 32 &&
  (scaling.beta_slow ?? 1) === 1;

/** By what each pair's speed is divided, where that differs from pair to pair: the tensor of Llama 3.1's scaling. */
export function frequencyFactors({ rope, headDim, maxPositionEmbeddings }: Rotated): Float32Array | null {
  if (rope.scaling.rope_type !== "llama3") return null;
  const speeds = (scaling: RopeScaling) =>
    frequencies({ theta: rope.theta, scaling }, headDim, maxPositionEmbeddings, maxPositionEmbeddings).speeds;
  const scaled = speeds(rope.scaling);
  return speeds({ rope_type: "default" }).map((speed, i) => speed / at(scaled, i));
}

const Keys = z.object({
  "rope.dimension_count": z.int().positive().optional(),
  "rope.freq_base": positive.default(10_000),
  "rope.scaling.type": z.enum(["none", "linear", "yarn"]).default("none"),
  "rope.scaling.factor": positive.optional(),
  "rope.scaling.original_context_length": count.optional(),
  "rope.scaling.low_freq_factor": positive.default(1),
  "rope.scaling.high_freq_factor": positive.default(4),
});

/** The fields of a config.json that a file's rotary positions are. */
export function readRope(file: GgufFile, prefix: string, headDim: number) {
  const keys = readKeys(file, prefix, Keys);
  const turned = keys["rope.dimension_count"] ?? headDim;
  if (turned !== headDim)
    throw unsupported(
      file.path,
      `${prefix}.rope.dimension_count ${turned} of a head's ${headDim} numbers are turned; here all are`,
    );
  const theta = keys["rope.freq_base"];
  const factor = keys["rope.scaling.factor"] ?? 1;
  const original = keys["rope.scaling.original_context_length"];
  const factors = file.tensors.get(FREQUENCIES);
  const settings = {
    low_freq_factor: keys["rope.scaling.low_freq_factor"],
    high_freq_factor: keys["rope.scaling.high_freq_factor"],
    original_max_position_embeddings: original ?? PUBLISHED_CONTEXT,
  };
  const scaling =
    factors !== undefined
      ? llama3Of(file, factors, { theta, headDim, settings })
      : keys["rope.scaling.type"] === "linear"
        ? { rope_type: "linear", factor }
        : keys["rope.scaling.type"] === "yarn"
          ? {
              rope_type: "yarn",
              factor,
              ...(original === undefined ? {} : { original_max_position_embeddings: original }),
            }
          : null;
  return { rope_theta: theta, rope_scaling: scaling };
}

/** Of Llama 3.1 and 3.2; the files of other programs do not say it. */
const PUBLISHED_CONTEXT = 8192;

interface Stretched {
  readonly theta: number;
  readonly headDim: number;
  readonly settings: Omit<Extract<RopeScaling, { rope_type: "llama3" }>, "rope_type" | "factor">;
}

/** The scaling that comes to a tensor of factors. */
function llama3Of(file: GgufFile, stored: StoredTensor, { theta, headDim, settings }: Stretched): RopeScaling {
  const factors = scope(() => Array.from(tensorOf(file, stored).to("float32").data(), Number));
  const scaling = { rope_type: "llama3", factor: Math.max(...factors), ...settings } as const;
  const made = frequencyFactors({ rope: { theta, scaling }, headDim, maxPositionEmbeddings: 1 });
  if (made?.length === factors.length && factors.every((factor, i) => Math.abs(factor / at(made, i) - 1) < 1e-4))
    return scaling;
  throw unsupported(file.path, `${FREQUENCIES} are not those of Llama 3.1's scaling with its usual settings`);
}
