import { addRmsNorm, nn, type Params, type Tensor } from "@trainer/torch";
import { selfAttention } from "./attention.js";
import { outlineOf, type DecoderConfig } from "./decoder-config.js";
import type { Network } from "./family.js";
import { kvCaches } from "./kv-caches.js";
import { kvPages } from "./kv-pages.js";
import { segment } from "./model.js";
import { eachTensor, residual, type Residual } from "./residual.js";
import { rotaryPositions, type RotaryPass } from "./rotary-positions.js";

const { embedding, linear, rmsNorm, sideBySide, swigluMlp } = nn;

/** The parts in which families' layers differ. */
export interface DecoderLayer {
  /** Biases of queries, keys and values. */
  readonly qkvBias: boolean;
  /** Bias of attention's output. */
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  /** Norms of queries and keys, each head alone, before the rotation. */
  readonly headNorms: boolean;
  /** Joint matrices, where a family has them in place of one each. */
  readonly joint?: JointProjections;
}

type Projection = (p: Params, c: DecoderConfig) => (x: Tensor) => Tensor;

interface JointProjections {
  /** Queries, keys and values side by side. */
  readonly qkv: Projection;
  /** The whole feed-forward layer. */
  readonly mlp: Projection;
}

/**
 * A decoder as LLaMA has it (Touvron et al. 2023): norms by the root mean square, rotary positions, a gated feed-forward
 * layer, fewer keys than queries. Parameters are named and laid out as Hugging Face stores them.
 */
export function decoder(params: Params, c: DecoderConfig, options: DecoderLayer): Network {
  const p = params.at("model");
  const std = c.initializerRange;
  const embedTokens = embedding(p.at("embed_tokens"), c.vocabSize, c.hiddenSize, { std });
  const layers = Array.from({ length: c.numHiddenLayers }, (_, i) => layer(p.at(`layers.${i}`), c, options, i));
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
      let x = residual<nn.RmsNorm>(embedTokens(ids), addRmsNorm); // (B, T, C)
      for (const layer of layers) x = segment(ctx, (h) => layer(h, pass), x, eachTensor);
      pass.cache?.advance(t);
      return x.norm(norm);
    },
    ragged: true,
    recordable: true,
    newCache: kvCaches(params, size, contextLength, positions.table),
    newPages: kvPages(params, size, contextLength, positions.pageTable),
  };
}

function layer(p: Params, c: DecoderConfig, options: DecoderLayer, index: number) {
  const inputNorm = rmsNorm(p.at("input_layernorm"), c.hiddenSize, { eps: c.rmsNormEps });
  const attn = attention(p.at("self_attn"), c, options, index);
  const postNorm = rmsNorm(p.at("post_attention_layernorm"), c.hiddenSize, { eps: c.rmsNormEps });
  const mlp = options.joint === undefined ? feedForward(p.at("mlp"), c, options) : options.joint.mlp(p.at("mlp"), c);
  return (x: Residual<nn.RmsNorm>, pass: RotaryPass) => {
    const h = x.add(inputNorm, (a) => attn(a, pass)); // x + attn(inputNorm(x))
    return h.add(postNorm, mlp); // h + mlp(postNorm(h))
  };
}

function attention(p: Params, c: DecoderConfig, options: DecoderLayer, layer: number) {
  const { outBias, headNorms, joint } = options;
  const std = c.initializerRange;
  const width = c.numAttentionHeads * c.headDim;
  const qkv = joint === undefined ? separate(p, c, options) : joint.qkv(p, c);
  const oProj = linear(p.at("o_proj"), width, c.hiddenSize, { std, bias: outBias });
  const headNorm = (name: string) => rmsNorm(p.at(name), c.headDim, { eps: c.rmsNormEps }).weight;
  const norms = headNorms ? { q: headNorm("q_norm"), k: headNorm("k_norm"), eps: c.rmsNormEps } : null;
  const heads = { heads: c.numAttentionHeads, kvHeads: c.numKeyValueHeads, headNorms: norms };
  return (x: Tensor, { training, cache, documents, rotation }: RotaryPass) => {
    const dropout = training ? c.attentionDropout : 0;
    return oProj(selfAttention(qkv(x), { ...heads, rotation }, { layer, cache, documents, dropout }));
  };
}

/** Queries, keys and values of a projection each: (B, T, C) -> (B, T, (nh + 2 nkv) hs). */
function separate(p: Params, c: DecoderConfig, { qkvBias }: DecoderLayer): (x: Tensor) => Tensor {
  const biased = { std: c.initializerRange, bias: qkvBias };
  const shared = c.numKeyValueHeads * c.headDim;
  const qProj = linear(p.at("q_proj"), c.hiddenSize, c.numAttentionHeads * c.headDim, biased);
  const kProj = linear(p.at("k_proj"), c.hiddenSize, shared, biased);
  const vProj = linear(p.at("v_proj"), c.hiddenSize, shared, biased);
  return sideBySide(qProj, kProj, vProj);
}

/** SwiGLU (Shazeer 2020): one projection gates the other. */
export function feedForward(p: Params, c: DecoderConfig, { mlpBias }: Pick<DecoderLayer, "mlpBias">) {
  const options = { bias: mlpBias, std: c.initializerRange };
  const gate = linear(p.at("gate_proj"), c.hiddenSize, c.intermediateSize, options);
  const up = linear(p.at("up_proj"), c.hiddenSize, c.intermediateSize, options);
  const down = linear(p.at("down_proj"), c.intermediateSize, c.hiddenSize, options);
  return swigluMlp(gate, up, down);
}
