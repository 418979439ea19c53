import { z } from "zod";
import { heads, snakeKeys, specialFields, toSpecials, width } from "./config-schema.js";
import {
  decoderDimensions,
  decoderFields,
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

/** A LLaMA's `config.json`, as Hugging Face writes it. What is absent has the default it has there. */
const File = z.object({
  model_type: z.literal("llama"),
  ...decoderFields({ vocabSize: 32000, intermediateSize: 11008, maxPositions: 2048 }),
  num_key_value_heads: heads.nullish(),
  head_dim: width.nullish(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  ...specialFields(1, 2),
});
type File = z.output<typeof File>;

export interface LlamaConfig extends DecoderConfig {
  readonly mlpBias: boolean;
}

const headDimOf = (file: File) => file.head_dim ?? file.hidden_size / file.num_attention_heads;

const toConfig = (file: File): LlamaConfig => ({
  ...toDecoder(file, headDimOf(file), file.attention_bias),
  mlpBias: file.mlp_bias,
});

export const llamaDimensions = decoderDimensions.extend({ mlpBias: z.boolean().optional() });

const eps = { rmsNormEps: 1e-5 };

export const llamaSpec: FamilySpec<LlamaConfig> = {
  name: "llama",
  title: "LLaMA",
  modelTypes: ["llama"],
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
