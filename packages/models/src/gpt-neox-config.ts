import { z } from "zod";
import {
  count,
  dimensionsOf,
  divisible,
  heads,
  layers,
  only,
  positive,
  probability,
  snakeKeys,
  specialFields,
  toSpecials,
  width,
} from "./config-schema.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf, type Known } from "./new-config.js";

/** The dimensions and rates of a GPT-NeoX, by Hugging Face's names in camelCase. Absent fields have their defaults there. */
const Config = z.object({
  vocabSize: count.default(50432),
  hiddenSize: width.default(6144),
  intermediateSize: width.default(24576),
  numHiddenLayers: layers.default(44),
  numAttentionHeads: heads.default(64),
  maxPositionEmbeddings: count.default(2048),
  hiddenAct: z.enum(["gelu", "gelu_new", "gelu_pytorch_tanh"]).default("gelu"),
  /** Part of each head that positions turn. */
  rotaryPct: positive.max(1).default(0.25),
  rotaryEmbBase: positive.default(10_000),
  /** Attention and the feed-forward layer read the same stream; else the second reads what the first has added. */
  useParallelResidual: z.boolean().default(true),
  attentionBias: z.boolean().default(true),
  hiddenDropout: probability.default(0),
  attentionDropout: probability.default(0),
  layerNormEps: positive.default(1e-5),
  initializerRange: positive.default(0.02),
  tieWordEmbeddings: z.boolean().default(false),
});
export type GptNeoxConfig = Readonly<z.output<typeof Config>>;
export type KnownGptNeoxConfig = Known<GptNeoxConfig>;

/** transformers 5 has the rotations in rope_parameters, whose values win. */
const Rotations = z.looseObject({
  rope_type: only("default"),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
});

const File = Config.extend({
  modelType: z.literal("gpt_neox"),
  ropeScaling: z.null().default(null),
  ropeParameters: Rotations.nullish(),
  ...specialFields(0, 2),
});
type File = z.output<typeof File>;

const toConfig = ({ ropeParameters, ...file }: File): GptNeoxConfig =>
  Config.parse({
    ...file,
    rotaryPct: ropeParameters?.partial_rotary_factor ?? file.rotaryPct,
    rotaryEmbBase: ropeParameters?.rope_theta ?? file.rotaryEmbBase,
  });

/** Numbers of a head, and those of them that positions turn. */
export const rotaryOf = (c: Pick<GptNeoxConfig, "hiddenSize" | "numAttentionHeads" | "rotaryPct">) => {
  const headDim = c.hiddenSize / c.numAttentionHeads;
  return { headDim, turned: Math.floor(headDim * c.rotaryPct) };
};

export const gptNeoxDimensions = dimensionsOf(
  Config.pick({
    hiddenSize: true,
    intermediateSize: true,
    numHiddenLayers: true,
    numAttentionHeads: true,
    rotaryPct: true,
    rotaryEmbBase: true,
    useParallelResidual: true,
    attentionBias: true,
    hiddenDropout: true,
    attentionDropout: true,
    layerNormEps: true,
    initializerRange: true,
    tieWordEmbeddings: true,
  }),
);

const sized = (depth: number, hidden: number, heads: number) => ({
  numHiddenLayers: depth,
  hiddenSize: hidden,
  intermediateSize: 4 * hidden,
  numAttentionHeads: heads,
});

export const gptNeoxSpec: FamilySpec<GptNeoxConfig> = {
  name: "gpt_neox",
  title: "GPT-NeoX",
  modelTypes: ["gpt_neox"],
  precisions,
  /** `tiny` is for own text; the others are Pythia's. */
  sizes: {
    tiny: { ...sized(4, 256, 4), tieWordEmbeddings: true },
    "70m": sized(6, 512, 8),
    "160m": sized(12, 768, 12),
    "410m": sized(24, 1024, 16),
    "1b": sized(16, 2048, 8),
  },
  dimensions: gptNeoxDimensions,
  dropouts: ["hiddenDropout", "attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((file, ctx) => {
    const { headDim, turned } = rotaryOf(toConfig(file));
    const attention: [string, number] = ["num_attention_heads", file.numAttentionHeads];
    ctx.issues.push(
      ...divisible(["hidden_size", file.hiddenSize], attention, "so the heads cannot share it"),
      ...divisible(["head_dim", headDim], [null, 2], "as pairs that positions turn or leave"),
      ...divisible(["the turned part of a head,", turned], [null, 2], "as pairs that positions turn"),
    );
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: (config) => ({
    architectures: ["GPTNeoXForCausalLM"],
    model_type: "gpt_neox",
    ...snakeKeys(config),
    rope_parameters: {
      rope_type: "default",
      rope_theta: config.rotaryEmbBase,
      partial_rotary_factor: config.rotaryPct,
    },
    rope_scaling: null,
  }),
  outline: (c) => ({
    layers: c.numHiddenLayers,
    width: c.hiddenSize,
    heads: c.numAttentionHeads,
    vocabSize: c.vocabSize,
    contextLength: c.maxPositionEmbeddings,
  }),
};

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const gptNeoxConfig = (known: KnownGptNeoxConfig): GptNeoxConfig => configOf(gptNeoxSpec, known);
