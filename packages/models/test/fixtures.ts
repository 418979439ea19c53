import { fileURLToPath } from "node:url";

/** Models that transformers made: every family that it has, in each of its variants. */
export const TRANSFORMERS = [
  "gpt2",
  "llama",
  "llama-untied",
  "mistral",
  "qwen2",
  "qwen3",
  "olmo2",
  "gpt_neox",
  "gpt_neox-serial",
  "phi3",
  "phi3-longrope",
] as const;

/** Folder of a fixture. */
export const fixtureOf = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
