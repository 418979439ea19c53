import { z } from "zod";
import { count, heads, snakeKeys, specialFields, toSpecials, width } from "./config-schema.js";
import {
  decoderDimensions,
  DecoderFile,
  headIssues,
  outlineOf,
  sized,
  toDecoder,
  type DecoderConfig,
  type KnownDecoderConfig,
} from "./decoder-config.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf } from "./new-config.js";
import { ropeToFile } from "./rope-config.js";

const Llama = DecoderFile.extend({
  modelType: z.literal("llama"),
  mlpBias: z.boolean().default(false),
  ...specialFields(1, 2),
});

/** Mistral (Jiang et al. 2023), with the defaults that it has in transformers. Within its window it is a LLaMA. */
const Mistral = DecoderFile.extend({
  modelType: z.literal("mistral"),
  intermediateSize: width.default(14336),
  numKeyValueHeads: heads.nullable().default(8),
  maxPositionEmbeddings: count.default(131072),
  /** The tokens that attention reaches back; null: all. */
  slidingWindow: count.nullable().default(4096),
  ...specialFields(1, 2),
}).transform(({ slidingWindow, maxPositionEmbeddings, ...file }) => ({
  ...file,
  maxPositionEmbeddings: Math.min(maxPositionEmbeddings, slidingWindow ?? Infinity),
  mlpBias: false,
}));

const File = z.discriminatedUnion("modelType", [Llama, Mistral]);
type File = z.output<typeof File>;
export type LlamaConfig = DecoderConfig & Readonly<Pick<File, "mlpBias">>;

const headDimOf = (file: File) => file.headDim ?? file.hiddenSize / file.numAttentionHeads;

const toConfig = (file: File): LlamaConfig => ({ ...toDecoder(file, headDimOf(file)), mlpBias: file.mlpBias });

export const llamaDimensions = decoderDimensions.extend({ mlpBias: z.boolean().optional() });

const eps = { rmsNormEps: 1e-5 };

export const llamaSpec: FamilySpec<LlamaConfig> = {
  name: "llama",
  title: "LLaMA",
  modelTypes: ["llama", "mistral"],
  precisions,
  /** `tiny` is for laptops and tests, `mini` to `small` are the sizes of llama2.c's stories, `1b` is Llama 3.2's. */
  sizes: {
    tiny: { ...sized(4, 256, 704, 4, 2), ...eps },
    mini: { ...sized(6, 288, 768, 6, 6), ...eps },
    base: { ...sized(8, 512, 1376, 8, 8), ...eps },
    small: { ...sized(12, 768, 2048, 12, 12), ...eps },
    "1b": { ...sized(16, 2048, 8192, 32, 8), ...eps, ropeTheta: 500_000 },
  },
  dimensions: llamaDimensions,
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((file, ctx) => {
    ctx.issues.push(...headIssues(file, headDimOf(file), true));
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: ({ rope, ...config }) => ({
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    ...snakeKeys(config),
    ...ropeToFile(rope),
    hidden_act: "silu",
    pretraining_tp: 1,
  }),
  outline: outlineOf,
};

export type KnownLlamaConfig = KnownDecoderConfig & { readonly mlpBias?: boolean | undefined };

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const llamaConfig = (known: KnownLlamaConfig): LlamaConfig => configOf(llamaSpec, known);
