import { precisions, snakeKeys, specialFields, toSpecials } from "@trainer/models/capabilities";
import { z } from "zod";

const count = z.int().positive();

const Config = z.object({
  vocabSize: count.default(258),
  width: count,
  window: count,
  contextLength: count.default(256),
});
/** @typedef {z.output<typeof Config>} WindowConfig */

/** A feed-forward network over the last few tokens (Bengio et al. 2003); its network is in code.js. */
export const windowSpec = {
  name: "window",
  title: "Window",
  modelTypes: /** @type {const} */ (["window"]),
  precisions,
  sizes: { tiny: { width: 64, window: 4 }, small: { width: 256, window: 8 } },
  dimensions: Config.pick({ width: true, window: true }).partial(),
  dropouts: [],
  tokenizer: "bytes",
  contextName: "contextLength",
  file: Config.extend({ modelType: z.literal("window"), ...specialFields(null, null) }).transform((f) => ({
    config: Config.parse(f),
    specials: toSpecials(f),
  })),
  /** @param {object} config */
  toFile: (config) => ({ model_type: "window", ...snakeKeys(config) }),
  /** @param {WindowConfig} config */
  outline: ({ width, vocabSize, contextLength }) => ({ layers: 1, width, heads: null, vocabSize, contextLength }),
};
