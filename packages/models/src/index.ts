export type { Cache } from "./cache.js";
export * from "./capabilities.js";
export { attend, fromHeads, toHeads } from "./attention.js";
export { readModelConfig, writeModelConfig } from "./config-file.js";
export { documentsOf, type Documents } from "./documents.js";
export type { CacheOptions, Family, FamilySpec, Forward, Network, ParsedConfig, SpecialIds, Tied } from "./family.js";
export { gpt2 } from "./gpt2.js";
export { gpt2Config, type Gpt2Config, type KnownGpt2Config } from "./gpt2-config.js";
export { openGguf, type GgufFile } from "./gguf/open-gguf.js";
export { readGgufModel } from "./gguf/read-model.js";
export * as ggufValue from "./gguf/values.js";
export { checkGguf, writeGgufModel, type GgufOptions, type WrittenGguf } from "./gguf/write-model.js";
export { findWeights, loadModel, saveModel, type LoadedModel } from "./hf.js";
export { KvCache } from "./kv-cache.js";
export { kvCaches } from "./kv-caches.js";
export { KvPages, kvPages, type Place } from "./kv-pages.js";
export { RaggedKvCache } from "./ragged-kv-cache.js";
export { loadAdapter, saveAdapter, writeAdapterConfig } from "./peft.js";
export { addLora, type LoraModel, type LoraOptions } from "./lora.js";
export { gptNeox } from "./gpt-neox.js";
export { gptNeoxConfig, type GptNeoxConfig, type KnownGptNeoxConfig } from "./gpt-neox-config.js";
export { llama } from "./llama.js";
export { llamaConfig, type KnownLlamaConfig, type LlamaConfig } from "./llama-config.js";
export { logits, itself, logitsOf, loss, lossOfEach, segment, type CausalLm, type LossBatch } from "./model.js";
export { configOf, newConfig } from "./new-config.js";
export { shardFiles } from "./shards.js";
export { charLstm } from "./char-lstm.js";
export { charLstmConfig, type CharLstmConfig, type KnownCharLstmConfig } from "./char-lstm-config.js";
export { readStoredIds, type StoredIds } from "./stored-ids.js";
export { quantize } from "./quantize.js";
export { vocabularyParameters, withVocabulary, type Pieces } from "./with-vocabulary.js";
export { olmo2 } from "./olmo2.js";
export { olmo2Config, type KnownOlmo2Config, type Olmo2Config } from "./olmo2-config.js";
export { phi3 } from "./phi3.js";
export { phi3Config, type KnownPhi3Config, type Phi3Config } from "./phi3-config.js";
export { qwen } from "./qwen.js";
export { qwenConfig, type KnownQwenConfig, type QwenConfig } from "./qwen-config.js";
export {
  build,
  loadFamily,
  planModel,
  registerFamily,
  type BuildOptions,
  type ModelPlan,
  type StoredPlan,
} from "./registry.js";
