import { cat, nn, type Params, type Tensor } from "@trainer/torch";
import { selfAttention } from "./attention.js";
import { feedForward } from "./decoder.js";
import { outlineOf } from "./decoder-config.js";
import type { Family, Network } from "./family.js";
import { kvCaches } from "./kv-caches.js";
import { kvPages } from "./kv-pages.js";
import { itself, segment } from "./model.js";
import { olmo2Spec, type Olmo2Config } from "./olmo2-config.js";
import { rotaryPositions, type RotaryPass } from "./rotary-positions.js";
import { decoderName, tiedHead } from "./stored-names.js";

const { embedding, linear, rmsNorm } = nn;

/**
 * OLMo 2 (OLMo team 2024): a decoder whose norms stand after attention and the feed-forward layer, before each is added,
 * and which norms all queries together, and all keys, before they are cut into heads.
 */
function network(params: Params, c: Olmo2Config): Network {
  const p = params.at("model");
  const std = c.initializerRange;
  const embedTokens = embedding(p.at("embed_tokens"), c.vocabSize, c.hiddenSize, { std });
  const layers = Array.from({ length: c.numHiddenLayers }, (_, i) => layer(p.at(`layers.${i}`), c, i));
  const norm = rmsNorm(p.at("norm"), c.hiddenSize, { eps: c.rmsNormEps });
  const head = c.tieWordEmbeddings
    ? embedTokens
    : linear(params.at("lm_head"), c.hiddenSize, c.vocabSize, { bias: false, std });
  const { contextLength } = outlineOf(c);
  const positions = rotaryPositions(params, c.rope, c.headDim, c.maxPositionEmbeddings);
  const size = { layers: c.numHiddenLayers, heads: c.numKeyValueHeads, headSize: c.headDim };
  return {
    vocabSize: c.vocabSize,
    contextLength,
    head: head.weight, // (V, C)
    headBias: null,
    softcap: c.finalLogitSoftcapping,
    hidden(ids, ctx) {
      const t = ids.size(1);
      const pass = positions.pass(ctx, t);
      let x = embedTokens(ids); // (B, T, C)
      for (const layer of layers) x = segment(ctx, (h) => layer(h, pass), x, itself);
      pass.cache?.advance(t);
      return norm(x);
    },
    ragged: true,
    newCache: kvCaches(params, size, contextLength, positions.table),
    newPages: kvPages(params, size, contextLength, positions.pageTable),
  };
}

function layer(p: Params, c: Olmo2Config, index: number) {
  const attn = attention(p.at("self_attn"), c, index);
  const attnNorm = rmsNorm(p.at("post_attention_layernorm"), c.hiddenSize, { eps: c.rmsNormEps });
  const mlp = feedForward(p.at("mlp"), c, { mlpBias: false });
  const mlpNorm = rmsNorm(p.at("post_feedforward_layernorm"), c.hiddenSize, { eps: c.rmsNormEps });
  return (x: Tensor, pass: RotaryPass): Tensor => {
    const h = x.add(attnNorm(attn(x, pass)));
    return h.add(mlpNorm(mlp(h)));
  };
}

function attention(p: Params, c: Olmo2Config, layer: number) {
  const options = { std: c.initializerRange, bias: c.attentionBias };
  const [width, shared] = [c.numAttentionHeads * c.headDim, c.numKeyValueHeads * c.headDim];
  const qProj = linear(p.at("q_proj"), c.hiddenSize, width, options);
  const kProj = linear(p.at("k_proj"), c.hiddenSize, shared, options);
  const vProj = linear(p.at("v_proj"), c.hiddenSize, shared, options);
  const oProj = linear(p.at("o_proj"), width, c.hiddenSize, options);
  const qNorm = rmsNorm(p.at("q_norm"), width, { eps: c.rmsNormEps });
  const kNorm = rmsNorm(p.at("k_norm"), shared, { eps: c.rmsNormEps });
  const heads = { heads: c.numAttentionHeads, kvHeads: c.numKeyValueHeads };
  return (x: Tensor, { training, cache, documents, rotation }: RotaryPass): Tensor => {
    const dropout = training ? c.attentionDropout : 0;
    const qkv = cat([qNorm(qProj(x)), kNorm(kProj(x)), vProj(x)], -1); // (B, T, (nh + 2 nkv) hs)
    return oProj(selfAttention(qkv, { ...heads, rotation }, { layer, cache, documents, dropout }));
  };
}

export const olmo2: Family<Olmo2Config> = {
  ...olmo2Spec,
  network,
  parameterName: decoderName,
  tied: (c) => (c.tieWordEmbeddings ? tiedHead : null),
};
