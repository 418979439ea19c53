import { precisions, snakeKeys, specialFields, toSpecials } from "@trainer/models/capabilities";
import { z } from "zod";

/** @typedef {{ readonly vocabSize: number, readonly width: number, readonly window: number, readonly contextLength: number }} WindowConfig */

const count = z.int().positive();

const File = z.object({
  model_type: z.literal("window"),
  vocab_size: count.default(258),
  width: count,
  window: count,
  context_length: count.default(256),
  ...specialFields(null, null),
});

/** A feed-forward network over the last few tokens (Bengio et al. 2003); its network is in code.js. */
export const windowSpec = {
  name: "window",
  title: "Window",
  modelTypes: /** @type {const} */ (["window"]),
  precisions,
  sizes: { tiny: { width: 64, window: 4 }, small: { width: 256, window: 8 } },
  dimensions: z.strictObject({ width: count.optional(), window: count.optional() }),
  dropouts: [],
  tokenizer: "bytes",
  contextName: "contextLength",
  file: File.transform((f) => ({
    config: { vocabSize: f.vocab_size, width: f.width, window: f.window, contextLength: f.context_length },
    specials: toSpecials(f),
  })),
  /** @param {object} config */
  toFile: (config) => ({ model_type: "window", ...snakeKeys(config) }),
  /** @param {WindowConfig} config */
  outline: ({ width, vocabSize, contextLength }) => ({ layers: 1, width, heads: null, vocabSize, contextLength }),
};
