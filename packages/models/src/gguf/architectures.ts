import { gpt2Spec } from "../gpt2-config.js";
import { llamaSpec } from "../llama-config.js";
import type { CausalLm } from "../model.js";
import { parseConfig } from "../new-config.js";
import { qwenSpec } from "../qwen-config.js";
import type { Architecture, WrittenModel } from "./architecture.js";
import { decoderArchitecture, writeDecoder } from "./decoder.js";
import { noGguf } from "./errors.js";
import { gpt2Architecture, writeGpt2 } from "./gpt2.js";

/** All that are read, by `general.architecture`. */
export const architectures: readonly Architecture[] = [
  gpt2Architecture,
  decoderArchitecture("llama"),
  decoderArchitecture("qwen2"),
  decoderArchitecture("qwen3"),
];

/** A model as llama.cpp knows it. Throws UNSUPPORTED_BACKEND for one that it does not have. */
export function writtenModel({ family, configFile }: Pick<CausalLm, "family" | "configFile">): WrittenModel {
  const where = "the model's config";
  switch (family) {
    case "gpt2":
      return writeGpt2(parseConfig(gpt2Spec, configFile(), where).config);
    case "llama":
      return writeDecoder("llama", parseConfig(llamaSpec, configFile(), where).config);
    case "qwen": {
      const { config } = parseConfig(qwenSpec, configFile(), where);
      return writeDecoder(config.modelType, config);
    }
    default: {
      const known = ["gpt2", "llama", "qwen"].join(", ");
      throw noGguf(`it is a ${family}, and llama.cpp has of the families here ${known}`);
    }
  }
}
