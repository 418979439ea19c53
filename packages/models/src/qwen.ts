import { decoder } from "./decoder.js";
import type { Family } from "./family.js";
import { qwenSpec, type QwenConfig } from "./qwen-config.js";
import { decoderName, tiedHead } from "./stored-names.js";

/**
 * Qwen2 and 2.5 (Yang et al. 2024), the decoder with biases on queries, keys and values, and Qwen3 (Yang et al. 2025),
 * with norms on queries and keys in their place and heads of any width.
 */
export const qwen: Family<QwenConfig> = {
  ...qwenSpec,
  network: (params, c) =>
    decoder(params, c, {
      qkvBias: c.modelType === "qwen2" || c.attentionBias,
      outBias: c.attentionBias,
      mlpBias: false,
      headNorms: c.modelType === "qwen3",
    }),
  parameterName: decoderName,
  tied: (c) => (c.tieWordEmbeddings ? tiedHead : null),
};
