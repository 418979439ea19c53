/** A model's weights, in one file. */
export const WEIGHTS_FILE = "model.safetensors";
/** The list of a model's files, as transformers writes it where one would be too large. */
export const INDEX_FILE = "model.safetensors.index.json";

/** The names of an adapter's two files, as PEFT has them. */
export const ADAPTER_FILE = "adapter_model.safetensors";
export const ADAPTER_CONFIG = "adapter_config.json";
