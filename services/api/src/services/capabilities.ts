import type { Capabilities } from "@trainer/platform";
import { snakeKeys, type FamilyInfo } from "@trainer/models/capabilities";
import { optimizerNames } from "@trainer/torch/capabilities";
import { loadedPlugins } from "@trainer/training/plugins";
import { methods } from "@trainer/tokenizers/capabilities";

/** What requests may name. */
export const capabilities = (families: ReadonlyMap<string, FamilyInfo>): Capabilities => ({
  model_families: [...families].map(([name, { title, sizes, precisions, dimensions, tokenizer }]) => ({
    name,
    title,
    sizes: Object.keys(sizes),
    dimensions: Object.keys(snakeKeys(dimensions.shape)),
    precisions: [...precisions],
    tokenizer_method: tokenizer ?? "bpe",
  })),
  tokenizer_methods: [...methods()].map(([name, { title, leastVocabSize }]) => ({
    name,
    title,
    least_vocab_size: leastVocabSize,
  })),
  devices: ["cpu", "cuda", "auto"],
  optimizers: optimizerNames(),
  plugins: loadedPlugins().map(({ plugin: { name, version } }) => ({ name, version })),
});
