import { decoder } from "./decoder.js";
import type { Family } from "./family.js";
import { llamaSpec, type LlamaConfig } from "./llama-config.js";
import { decoderName, tiedHead } from "./stored-names.js";

/** LLaMA (Touvron et al. 2023) to Llama 3: the decoder plain, with biases where the config wants them. */
export const llama: Family<LlamaConfig> = {
  ...llamaSpec,
  network: (params, c) =>
    decoder(params, c, {
      qkvBias: c.attentionBias,
      outBias: c.attentionBias,
      mlpBias: c.mlpBias,
      headNorms: false,
    }),
  parameterName: decoderName,
  tied: (c) => (c.tieWordEmbeddings ? tiedHead : null),
};
