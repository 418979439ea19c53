import { nn, silu, tensor, type Params, type Tensor } from "@trainer/torch";
import { decoder } from "./decoder.js";
import type { DecoderConfig } from "./decoder-config.js";
import type { Family } from "./family.js";
import { phi3Spec, type Phi3Config } from "./phi3-config.js";
import { decoderName, tiedHead } from "./stored-names.js";
import { range, turnedHalves } from "./turned-halves.js";

const { linear } = nn;

/** Queries, keys and values by one matrix: (B, T, C) -> (B, T, (nh + 2 nkv) hs). */
function joinedQkv(p: Params, c: DecoderConfig): (x: Tensor) => Tensor {
  const width = (c.numAttentionHeads + 2 * c.numKeyValueHeads) * c.headDim;
  const qkvProj = linear(p.at("qkv_proj"), c.hiddenSize, width, { bias: false, std: c.initializerRange });
  const { turned } = c.rope;
  if (turned === undefined) return qkvProj;
  const order = columns(c, turned);
  return (x) => qkvProj(x).indexSelect(-1, tensor(order, [order.length], { dtype: "int64", device: x.device }));
}

/** Columns of the joint matrix in the order of our kernels: values as they are, the heads before them by what is turned. */
function columns({ numAttentionHeads, numKeyValueHeads, headDim }: DecoderConfig, turned: number): number[] {
  const heads = numAttentionHeads + numKeyValueHeads;
  const halves = turnedHalves(headDim, turned);
  const ordered = range(0, heads).flatMap((head) => halves.map((i) => head * headDim + i));
  return [...ordered, ...range(heads * headDim, (heads + numKeyValueHeads) * headDim)];
}

/** SwiGLU with gate and values by one matrix. */
function joinedMlp(p: Params, c: DecoderConfig): (x: Tensor) => Tensor {
  const options = { bias: false, std: c.initializerRange };
  const gateUp = linear(p.at("gate_up_proj"), c.hiddenSize, 2 * c.intermediateSize, options);
  const down = linear(p.at("down_proj"), c.intermediateSize, c.hiddenSize, options);
  return (x) => {
    const gated = gateUp(x); // (B, T, 2 D)
    const half = (start: number) => gated.narrow(-1, start, c.intermediateSize);
    return down(silu(half(0)).mul(half(c.intermediateSize)));
  };
}

/**
 * Phi-3 (Abdin et al. 2024) and Phi-4: the decoder with its projections joined, and in Phi-4-mini a part of each head that
 * positions do not turn.
 */
export const phi3: Family<Phi3Config> = {
  ...phi3Spec,
  network: (params, c) => ({
    ...decoder(params, c, {
      qkvBias: false,
      outBias: false,
      mlpBias: false,
      headNorms: false,
      joint: { qkv: joinedQkv, mlp: joinedMlp },
    }),
    recordable: false, // the order of columns comes from the host
  }),
  parameterName: decoderName,
  tied: (c) => (c.tieWordEmbeddings ? tiedHead : null),
};
