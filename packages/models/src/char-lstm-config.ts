import { z } from "zod";
import {
  camelKeys,
  count,
  dimensionsOf,
  layers,
  probability,
  snakeKeys,
  specialFields,
  toSpecials,
  width,
} from "./config-schema.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf, type Known } from "./new-config.js";

const Config = z.object({
  vocabSize: count.default(256),
  embedDim: width,
  hiddenDim: width,
  numLayers: layers,
  /** Dropout between layers. */
  dropout: probability.default(0.1),
  /** The most tokens it is trained on at a time. */
  maxSeqLen: count.default(512),
});
export type CharLstmConfig = Readonly<z.output<typeof Config>>;
export type KnownCharLstmConfig = Known<CharLstmConfig>;

/** The `config.json` of existing Python runs has the six dimensions and nothing else. */
const File = Config.extend({ modelType: z.literal("char_lstm").optional(), ...specialFields(null, null) });

export const charLstmDimensions = dimensionsOf(
  Config.pick({ embedDim: true, hiddenDim: true, numLayers: true, dropout: true }),
);

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
  file: File.transform((file) => ({ config: Config.parse(file), specials: toSpecials(file) })),
  toFile: (config) => ({ model_type: "char_lstm", ...snakeKeys(config) }),
  outline: (c) => ({
    layers: c.numLayers,
    width: c.hiddenDim,
    heads: null,
    vocabSize: c.vocabSize,
    contextLength: c.maxSeqLen,
  }),
  recognises: (file) => File.safeParse(camelKeys(file)).success,
};

export const charLstmConfig = (known: KnownCharLstmConfig): CharLstmConfig =>
  configOf(charLstmSpec, { ...charLstmSpec.sizes["tiny"], ...known });
