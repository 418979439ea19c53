import { build, gpt2, gpt2Config, type CausalLm } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import type { OpenModel } from "../src/inference/open-model.js";

const WIDTH = 64;

/**
 * A GPT-2 whose weights are set so that it writes `script`: after position i its likeliest token by far is script[i].
 * The blocks add nothing, and the embedding of each position is a large multiple of its token's. The model may have
 * `extra` ids that the tokenizer does not have.
 */
export function scriptedModel(opened: OpenModel, script: readonly number[], extra = 0): OpenModel {
  const vocabSize = opened.tokenizer.vocabSize + extra;
  const config = gpt2Config({ vocabSize, nPositions: script.length, nEmbd: WIDTH, nLayer: 1, nHead: 1 });
  const model = build(gpt2, config, { seed: 1 });
  scope(() =>
    noGrad(() => {
      const wte = weight(model, "transformer.wte.weight");
      weight(model, "transformer.wpe.weight").copy_(
        wte.indexSelect(0, tensor([...script], [script.length], { dtype: "int64" })).mul(1000),
      );
      for (const name of ["attn.c_proj", "mlp.c_proj"]) weight(model, `transformer.h.0.${name}.weight`).zero_();
    }),
  );
  const free = () => {
    for (const parameter of model.params.list()) parameter.dispose();
  };
  return { ...opened, model, contextLength: script.length, [Symbol.dispose]: free };
}

function weight(model: CausalLm, name: string): Tensor {
  const found = model.params.named().get(name);
  if (found === undefined) throw new Error(`no parameter ${name}`);
  return found;
}
