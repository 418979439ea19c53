import { count, positive, snakeKeys, specialFields, toSpecials } from "./config-schema.js";
import { z } from "zod";
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

/** Absent fields have the defaults of transformers' OLMo 2, whose heads share the width. */
const File = DecoderFile.omit({ headDim: true }).extend({
  modelType: z.literal("olmo2"),
  vocabSize: count.default(50304),
  rmsNormEps: positive.default(1e-5),
  ...specialFields(null, 50279),
});
type File = z.output<typeof File>;

export type Olmo2Config = DecoderConfig;

const headDimOf = (file: File) => file.hiddenSize / file.numAttentionHeads;

const eps = { rmsNormEps: 1e-6, ropeTheta: 500_000 };

export const olmo2Spec: FamilySpec<Olmo2Config> = {
  name: "olmo2",
  title: "OLMo 2",
  modelTypes: ["olmo2"],
  precisions,
  /** `tiny` and `small` are for own text; `1b` is OLMo 2's smallest. */
  sizes: {
    tiny: { ...sized(4, 256, 704, 4, 4), ...eps },
    small: { ...sized(12, 768, 2048, 12, 12), ...eps },
    "1b": { ...sized(16, 2048, 8192, 16, 16), ...eps, tieWordEmbeddings: false },
  },
  dimensions: decoderDimensions.omit({ headDim: true }),
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((file, ctx) => {
    ctx.issues.push(...headIssues(file, headDimOf(file), true));
  }).transform((file) => ({ config: toDecoder(file, headDimOf(file)), specials: toSpecials(file) })),
  toFile: ({ rope, ...config }) => ({
    architectures: ["Olmo2ForCausalLM"],
    model_type: "olmo2",
    ...snakeKeys({ ...config, headDim: undefined }),
    ...ropeToFile(rope),
    hidden_act: "silu",
  }),
  outline: outlineOf,
};

export type KnownOlmo2Config = Omit<KnownDecoderConfig, "headDim">;

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const olmo2Config = (known: KnownOlmo2Config): Olmo2Config => configOf(olmo2Spec, known);
