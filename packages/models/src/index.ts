export type { Cache } from "./cache.js";
export * from "./capabilities.js";
export { ModelError, type ModelErrorCode } from "./errors.js";
export { gpt2 } from "./gpt2.js";
export { gpt2Config, Gpt2ConfigFile, type Gpt2Config, type KnownGpt2Config, type SpecialIds } from "./gpt2-config.js";
export { loadModel, readModelConfig, saveModel, writeModelConfig, type LoadedModel, type ModelConfig } from "./hf.js";
export { KvCache } from "./kv-cache.js";
export { logits, loss, segment, type CausalLm, type Forward, type LossBatch } from "./model.js";
export { build, configFor, familyNamed, models, type BuildOptions } from "./registry.js";
