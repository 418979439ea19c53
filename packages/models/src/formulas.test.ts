import { cat, noGrad, setNumThreads, tensor, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { gpt2Config } from "./gpt2-config.js";
import { gpt2 } from "./gpt2.js";
import { logits, type CausalLm } from "./model.js";
import { qwenConfig } from "./qwen-config.js";
import { qwen } from "./qwen.js";
import { build } from "./registry.js";

setNumThreads(1);
const EPS = 0.3; // far from any default, so that a norm which does not take it shows
const ids = tensor([3, 7], [1, 2], { dtype: "int64" });

function weightsOf({ params }: CausalLm) {
  const named = params.named();
  return (name: string): Tensor => {
    const found = named.get(name);
    if (found === undefined) throw new Error(`the model has no ${name}`);
    return found;
  };
}

/** Attention of one head over two tokens: queries and keys (2, hs), values (2, C) -> (2, C). */
function attended(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const second = q
    .narrow(0, 1, 1)
    .matmul(k.t())
    .div(Math.sqrt(q.size(1)))
    .softmax(-1);
  return cat([v.narrow(0, 0, 1), second.matmul(v)], 0);
}

const logitsOf = (model: CausalLm) => noGrad(() => logits(model, ids, { training: false }).select(0, 0));
const furthest = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

test("a Qwen3 of one layer and one head is its formulas, written out, with the epsilon of its config in each norm", () => {
  const sizes = { vocabSize: 20, hiddenSize: 8, intermediateSize: 12, numHiddenLayers: 1, numAttentionHeads: 1 };
  const own = { headDim: 2, rmsNormEps: EPS, initializerRange: 0.5, maxPositionEmbeddings: 4, numKeyValueHeads: 1 };
  const model = build(qwen, qwenConfig({ ...sizes, ...own, modelType: "qwen3" }), { seed: 1 });
  const expected = noGrad(() => {
    const w = weightsOf(model);
    const norm = (x: Tensor, name: string) => x.mul(x.mul(x).mean(-1, true).add(EPS).rsqrt()).mul(w(`model.${name}`));
    const map = (x: Tensor, name: string) => x.matmul(w(`model.layers.0.${name}.weight`).t());
    const [cos, sin] = [Math.cos(1), Math.sin(1)]; // of the first pair, position 1 is turned by one radian
    const turn = tensor([cos, sin, -sin, cos], [2, 2]);
    const turned = (x: Tensor) => cat([x.narrow(0, 0, 1), x.narrow(0, 1, 1).matmul(turn)], 0);
    const x = w("model.embed_tokens.weight").indexSelect(0, ids.flatten());
    const h = norm(x, "layers.0.input_layernorm.weight");
    const head = (name: string) =>
      turned(norm(map(h, `self_attn.${name}_proj`), `layers.0.self_attn.${name}_norm.weight`));
    const y = x.add(map(attended(head("q"), head("k"), map(h, "self_attn.v_proj")), "self_attn.o_proj"));
    const m = norm(y, "layers.0.post_attention_layernorm.weight");
    const z = y.add(map(map(m, "mlp.gate_proj").silu().mul(map(m, "mlp.up_proj")), "mlp.down_proj"));
    return norm(z, "norm.weight").matmul(w("lm_head.weight").t());
  });
  expect(furthest(logitsOf(model), expected)).toBeLessThan(1e-5);
});

test("a GPT-2 of one layer and one head is its formulas, written out, with the epsilon of its config in each norm", () => {
  const sizes = { vocabSize: 20, nPositions: 4, nEmbd: 8, nLayer: 1, nHead: 1 };
  const model = build(gpt2, gpt2Config({ ...sizes, layerNormEpsilon: EPS, initializerRange: 0.5 }), { seed: 1 });
  const expected = noGrad(() => {
    const w = weightsOf(model);
    const norm = (x: Tensor, name: string) => {
      const centered = x.sub(x.mean(-1, true));
      const scaled = centered.mul(centered.mul(centered).mean(-1, true).add(EPS).rsqrt());
      return scaled.mul(w(`transformer.${name}.weight`)).add(w(`transformer.${name}.bias`));
    };
    const map = (x: Tensor, name: string) =>
      x.matmul(w(`transformer.h.0.${name}.weight`)).add(w(`transformer.h.0.${name}.bias`));
    const wte = w("transformer.wte.weight");
    const x = wte.indexSelect(0, ids.flatten()).add(w("transformer.wpe.weight").narrow(0, 0, 2));
    const [q = x, k = x, v = x] = map(norm(x, "h.0.ln_1"), "attn.c_attn").chunk(3, -1);
    const y = x.add(map(attended(q, k, v), "attn.c_proj"));
    const inner = map(norm(y, "h.0.ln_2"), "mlp.c_fc").gelu({ approximate: "tanh" });
    return norm(y.add(map(inner, "mlp.c_proj")), "ln_f").matmul(wte.t());
  });
  expect(furthest(logitsOf(model), expected)).toBeLessThan(1e-5);
});
