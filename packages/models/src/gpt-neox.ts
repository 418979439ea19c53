import { gelu, nn, tensor, type Params, type Tensor } from "@trainer/torch";
import { selfAttention } from "./attention.js";
import type { Family, Network } from "./family.js";
import { gptNeoxSpec, rotaryOf, type GptNeoxConfig } from "./gpt-neox-config.js";
import { kvCaches } from "./kv-caches.js";
import { kvPages } from "./kv-pages.js";
import { itself, segment } from "./model.js";
import { rotaryPositions, type RotaryPass } from "./rotary-positions.js";
import { range, turnedHalves } from "./turned-halves.js";

const { dropout, embedding, layerNorm, linear } = nn;

/**
 * GPT-NeoX (Black et al. 2022), as Pythia has it (Biderman et al. 2023): attention and the feed-forward layer side by side,
 * rotary positions for a part of each head. Parameters are named and laid out as Hugging Face stores them.
 */
function network(params: Params, c: GptNeoxConfig): Network {
  const p = params.at("gpt_neox");
  const std = c.initializerRange;
  const embedIn = embedding(p.at("embed_in"), c.vocabSize, c.hiddenSize, { std });
  const layers = Array.from({ length: c.numHiddenLayers }, (_, i) => layer(p.at(`layers.${i}`), c, i));
  const norm = layerNorm(p.at("final_layer_norm"), c.hiddenSize, { eps: c.layerNormEps });
  const head = c.tieWordEmbeddings
    ? embedIn
    : linear(params.at("embed_out"), c.hiddenSize, c.vocabSize, { bias: false, std });
  const { headDim, turned } = rotaryOf(c);
  const rope = { theta: c.rotaryEmbBase, scaling: { rope_type: "default" }, turned } as const;
  const positions = rotaryPositions(params, rope, headDim, c.maxPositionEmbeddings);
  const size = { layers: c.numHiddenLayers, heads: c.numAttentionHeads, headSize: headDim };
  return {
    vocabSize: c.vocabSize,
    contextLength: c.maxPositionEmbeddings,
    head: head.weight, // (V, C)
    headBias: null,
    hidden(ids, ctx) {
      const t = ids.size(1);
      const pass = positions.pass(ctx, t);
      let x = dropout(embedIn(ids), c.hiddenDropout, ctx.training); // (B, T, C)
      for (const layer of layers) x = segment(ctx, (h) => layer(h, pass), x, itself);
      pass.cache?.advance(t);
      return norm(x);
    },
    ragged: true,
    newCache: kvCaches(params, size, c.maxPositionEmbeddings, positions.table),
    newPages: kvPages(params, size, c.maxPositionEmbeddings, positions.pageTable),
  };
}

function layer(p: Params, c: GptNeoxConfig, index: number) {
  const attnNorm = layerNorm(p.at("input_layernorm"), c.hiddenSize, { eps: c.layerNormEps });
  const attn = attention(p.at("attention"), c, index);
  const mlpNorm = layerNorm(p.at("post_attention_layernorm"), c.hiddenSize, { eps: c.layerNormEps });
  const mlp = feedForward(p.at("mlp"), c);
  return (x: Tensor, pass: RotaryPass): Tensor => {
    const dropped = (branch: Tensor) => dropout(branch, c.hiddenDropout, pass.training);
    const h = x.add(dropped(attn(attnNorm(x), pass)));
    return h.add(dropped(mlp(mlpNorm(c.useParallelResidual ? x : h))));
  };
}

function attention(p: Params, c: GptNeoxConfig, layer: number) {
  const options = { std: c.initializerRange, bias: c.attentionBias };
  const queryKeyValue = linear(p.at("query_key_value"), c.hiddenSize, 3 * c.hiddenSize, options);
  const dense = linear(p.at("dense"), c.hiddenSize, c.hiddenSize, options);
  const order = columns(c);
  return (x: Tensor, { training, cache, documents, rotation }: RotaryPass): Tensor => {
    const index = tensor(order, [order.length], { dtype: "int64", device: x.device });
    const qkv = queryKeyValue(x).indexSelect(-1, index); // (B, T, 3 C)
    const rates = { dropout: training ? c.attentionDropout : 0 };
    return dense(selfAttention(qkv, { heads: c.numAttentionHeads, rotation }, { layer, cache, documents, ...rates }));
  };
}

/**
 * Columns of the joint projection in the order of our kernels: it has query, key and value of each head together, and
 * kernels want all queries first, with what is turned of a head as `turnedHalves` has it.
 */
function columns(c: GptNeoxConfig): number[] {
  const { headDim, turned } = rotaryOf(c);
  const halves = turnedHalves(headDim, turned);
  const heads = range(0, c.numAttentionHeads);
  const each = (part: number, order: readonly number[]) =>
    heads.flatMap((head) => order.map((i) => (3 * head + part) * headDim + i));
  return [...each(0, halves), ...each(1, halves), ...each(2, range(0, headDim))];
}

function feedForward(p: Params, c: GptNeoxConfig) {
  const up = linear(p.at("dense_h_to_4h"), c.hiddenSize, c.intermediateSize, { std: c.initializerRange });
  const down = linear(p.at("dense_4h_to_h"), c.intermediateSize, c.hiddenSize, { std: c.initializerRange });
  if (c.hiddenAct === "gelu") return (x: Tensor) => down(gelu(up(x)));
  return (x: Tensor) => down(up.gelu(x)); // by tanh
}

/** Buffers that older files carry beside the weights: the causal mask, its fill value and the rotations. */
const BUFFER = /\.attention\.(?:bias|masked_bias|rotary_emb\.inv_freq)$/;

export const gptNeox: Family<GptNeoxConfig> = {
  ...gptNeoxSpec,
  network,
  /** The bare model lacks the prefix. */
  parameterName(stored) {
    if (BUFFER.test(stored)) return null;
    return stored.startsWith("gpt_neox.") || stored === "embed_out.weight" ? stored : `gpt_neox.${stored}`;
  },
  tied: (c) => (c.tieWordEmbeddings ? { embedding: "gpt_neox.embed_in.weight", head: "embed_out.weight" } : null),
};
