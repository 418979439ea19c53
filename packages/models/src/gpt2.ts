import { addLayerNorm, gelu, nn, type Params, type Tensor } from "@trainer/torch";
import { selfAttention, type Pass } from "./attention.js";
import type { Family, Network } from "./family.js";
import { gpt2Spec, type Gpt2Config } from "./gpt2-config.js";
import { KvCache } from "./kv-cache.js";
import { kvCaches } from "./kv-caches.js";
import { kvPages } from "./kv-pages.js";
import { segment } from "./model.js";
import { eachTensor, residual, type Residual } from "./residual.js";

const { conv1d, dropout, embedding, geluMlp, layerNorm } = nn;

/**
 * GPT-2 (Radford et al. 2019): learned positions, pre-norm blocks, output head tied to the token embedding.
 * Parameters are named and laid out as Hugging Face stores them.
 */
function network(params: Params, c: Gpt2Config): Network {
  const p = params.at("transformer");
  const wte = embedding(p.at("wte"), c.vocabSize, c.nEmbd, { std: c.initializerRange });
  const wpe = embedding(p.at("wpe"), c.nPositions, c.nEmbd, { std: c.initializerRange });
  const blocks = Array.from({ length: c.nLayer }, (_, i) => block(p.at(`h.${i}`), c, i));
  const lnF = layerNorm(p.at("ln_f"), c.nEmbd, { eps: c.layerNormEpsilon });
  /**
   * Position embeddings (T, C): rows past to past + T; (B, T, C) if they restart with each document, or sequences
   * differ in length.
   */
  const positionsOf = ({ cache, documents }: Pass, t: number): Tensor => {
    if (documents !== undefined) return wpe(documents.positions);
    if (cache?.lengths) return wpe(cache.lengths.unsqueeze(1));
    return wpe.weight.narrow(0, cache?.length ?? 0, t);
  };
  const size = { layers: c.nLayer, heads: c.nHead, headSize: c.nEmbd / c.nHead };
  return {
    vocabSize: c.vocabSize,
    contextLength: c.nPositions,
    head: wte.weight, // (V, C)
    headBias: null,
    hidden(ids, ctx) {
      const t = ids.size(1);
      const pass: Pass = { ...ctx, cache: KvCache.of(ctx.cache) };
      const embedded = dropout(wte(ids).add(positionsOf(pass, t)), c.embdPdrop, ctx.training); // (B, T, C)
      const options = { dropout: ctx.training ? c.residPdrop : 0 }; // of each branch
      let x = residual<nn.LayerNorm>(embedded, (h, branch, norm) => addLayerNorm(h, branch, norm, options));
      for (const block of blocks) x = segment(ctx, (h) => block(h, pass), x, eachTensor);
      pass.cache?.advance(t);
      return x.norm(lnF);
    },
    ragged: true,
    recordable: true,
    newCache: kvCaches(params, size, c.nPositions),
    newPages: kvPages(params, size, c.nPositions),
  };
}

function block(p: Params, c: Gpt2Config, layer: number) {
  const ln1 = layerNorm(p.at("ln_1"), c.nEmbd, { eps: c.layerNormEpsilon });
  const attn = attention(p.at("attn"), c, layer);
  const ln2 = layerNorm(p.at("ln_2"), c.nEmbd, { eps: c.layerNormEpsilon });
  const mlp = feedForward(p.at("mlp"), c);
  return (x: Residual<nn.LayerNorm>, pass: Pass) => {
    const h = x.add(ln1, (a) => attn(a, pass)); // x + attn(ln1(x))
    return h.add(ln2, mlp); // h + mlp(ln2(h))
  };
}

function attention(p: Params, c: Gpt2Config, layer: number) {
  const cAttn = conv1d(p.at("c_attn"), c.nEmbd, 3 * c.nEmbd, { std: c.initializerRange }); // q, k and v in one product
  const cProj = conv1d(p.at("c_proj"), c.nEmbd, c.nEmbd, { std: residualStd(c) });
  return (x: Tensor, { training, cache, documents }: Pass) => {
    const dropout = training ? c.attnPdrop : 0;
    return cProj(selfAttention(cAttn(x), { heads: c.nHead }, { layer, cache, documents, dropout }));
  };
}

function feedForward(p: Params, c: Gpt2Config) {
  const inner = c.nInner ?? 4 * c.nEmbd;
  const cFc = conv1d(p.at("c_fc"), c.nEmbd, inner, { std: c.initializerRange });
  const cProj = conv1d(p.at("c_proj"), inner, c.nEmbd, { std: residualStd(c) });
  if (c.activationFunction === "gelu") return (x: Tensor) => cProj(gelu(cFc(x)));
  return geluMlp(cFc, cProj); // gelu_new: by tanh
}

/** Two residual additions a layer: the variance of their sum must not grow with depth (Radford et al. 2019, §2.3). */
const residualStd = (c: Gpt2Config) => c.initializerRange / Math.sqrt(2 * c.nLayer);

/** Buffers that older files carry beside the weights: the causal mask and its fill value. */
const BUFFER = /\.attn\.(?:bias|masked_bias)$/;

export const gpt2: Family<Gpt2Config> = {
  ...gpt2Spec,
  network,
  /** The first files lack the prefix that GPT2LMHeadModel adds. */
  parameterName(stored) {
    if (BUFFER.test(stored)) return null;
    return stored.startsWith("transformer.") || stored === "lm_head.weight" ? stored : `transformer.${stored}`;
  },
  tied: () => ({ embedding: "transformer.wte.weight", head: "lm_head.weight" }),
};
