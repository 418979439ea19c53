import { dimensions } from "@trainer/models/capabilities";
import { grouped, type FlaggedDimension } from "@trainer/options";
import type { z } from "zod";

/** The dimensions of models that can be chosen in place of a size's. */
export const DIMENSION_FLAGS = grouped("Dimensions, in place of the size's", {
  nLayer: dimensions.nLayer.describe("gpt2: layers"),
  nEmbd: dimensions.nEmbd.describe("gpt2: width"),
  nHead: dimensions.nHead.describe("gpt2: attention heads; they divide the width"),
  hiddenSize: dimensions.hiddenSize.describe("all but gpt2 and char_lstm: width"),
  intermediateSize: dimensions.intermediateSize.describe(
    "all but gpt2 and char_lstm: width inside the feed-forward layer",
  ),
  numHiddenLayers: dimensions.numHiddenLayers.describe("all but gpt2 and char_lstm: layers"),
  numAttentionHeads: dimensions.numAttentionHeads.describe(
    "all but gpt2 and char_lstm: attention heads; they divide the width",
  ),
  numKeyValueHeads: dimensions.numKeyValueHeads.describe(
    "llama, qwen, olmo2, phi3: keys and values that the heads share",
  ),
  headDim: dimensions.headDim.describe("llama, qwen: width of a head"),
  ropeTheta: dimensions.ropeTheta.describe("llama, qwen, olmo2, phi3: base of the rotary positions"),
  tieWordEmbeddings: dimensions.tieWordEmbeddings.meta({
    description: "all but gpt2 and char_lstm: the head is the embedding",
    negated: "all but gpt2 and char_lstm: the head has weights of its own",
  }),
  finalLogitSoftcapping: dimensions.finalLogitSoftcapping.describe(
    "llama, qwen, olmo2: what the logits are bent to stay within",
  ),
  embedDim: dimensions.embedDim.describe("char_lstm: width of the embedding"),
  hiddenDim: dimensions.hiddenDim.describe("char_lstm: width of a layer"),
  numLayers: dimensions.numLayers.describe("char_lstm: layers"),
} satisfies Readonly<Record<FlaggedDimension, z.ZodType>>);
