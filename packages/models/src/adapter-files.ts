/** The names of an adapter's two files, as PEFT has them. */
export const ADAPTER_FILE = "adapter_model.safetensors";
export const ADAPTER_CONFIG = "adapter_config.json";
