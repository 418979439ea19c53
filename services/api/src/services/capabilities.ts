import { devices } from "@trainer/options";
import type { Capabilities, Known } from "@trainer/platform";
import { familyNames, snakeKeys, type FamilyInfo } from "@trainer/models/capabilities";
import { optimizerNames } from "@trainer/torch/capabilities";
import { loadedPlugins } from "@trainer/training/plugins";
import { methodNames, methods } from "@trainer/tokenizers/capabilities";

/** Values that requests may name. */
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
  devices: [...devices],
  optimizers: optimizerNames(),
  plugins: loadedPlugins().map(({ plugin: { name, version } }) => ({ name, version })),
});

/** The names that requests are held to: those that are registered when the API starts. */
export const knownNames = (): Known => ({
  families: familyNames(),
  methods: methodNames(),
  optimizers: optimizerNames(),
});
