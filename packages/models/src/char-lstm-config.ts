import { z } from "zod";
import { count, layers, probability, snakeKeys, specialFields, toSpecials, width } from "./config-schema.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf } from "./new-config.js";

/** A character LSTM's `config.json`. Those of existing Python runs have its six dimensions and nothing else. */
const File = z.object({
  model_type: z.literal("char_lstm").optional(),
  vocab_size: count.default(256),
  embed_dim: width,
  hidden_dim: width,
  num_layers: layers,
  dropout: probability.default(0.1),
  max_seq_len: count.default(512),
  ...specialFields(null, null),
});

export interface CharLstmConfig {
  readonly vocabSize: number;
  readonly embedDim: number;
  readonly hiddenDim: number;
  readonly numLayers: number;
  /** Between layers. */
  readonly dropout: number;
  /** The most tokens it is trained on at a time. */
  readonly maxSeqLen: number;
}

const toConfig = (file: z.output<typeof File>): CharLstmConfig => ({
  vocabSize: file.vocab_size,
  embedDim: file.embed_dim,
  hiddenDim: file.hidden_dim,
  numLayers: file.num_layers,
  dropout: file.dropout,
  maxSeqLen: file.max_seq_len,
});

export const charLstmDimensions = z.strictObject({
  embedDim: width.optional(),
  hiddenDim: width.optional(),
  numLayers: layers.optional(),
  dropout: probability.optional(),
});

export const charLstmSpec: FamilySpec<CharLstmConfig> = {
  name: "char_lstm",
  title: "character LSTM",
  modelTypes: ["char_lstm"],
  precisions,
  sizes: {
    tiny: { embedDim: 128, hiddenDim: 256, numLayers: 2, dropout: 0.1 },
    small: { embedDim: 256, hiddenDim: 512, numLayers: 2, dropout: 0.1 },
    medium: { embedDim: 384, hiddenDim: 768, numLayers: 3, dropout: 0.1 },
  },
  dimensions: charLstmDimensions,
  dropouts: ["dropout"],
  tokenizer: "char",
  contextName: "maxSeqLen",
  file: File.transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: (config) => ({ model_type: "char_lstm", ...snakeKeys(config) }),
  outline: (c) => ({
    layers: c.numLayers,
    width: c.hiddenDim,
    heads: null,
    vocabSize: c.vocabSize,
    contextLength: c.maxSeqLen,
  }),
  recognises: (file) => File.safeParse(file).success,
};

/** What is known of a config; what is undefined counts as absent. */
export type KnownCharLstmConfig = { readonly [Key in keyof CharLstmConfig]?: CharLstmConfig[Key] | undefined };

export const charLstmConfig = (known: KnownCharLstmConfig): CharLstmConfig =>
  configOf(charLstmSpec, { ...charLstmSpec.sizes["tiny"], ...known });
