import { saveModel, loss, type CausalLm } from "@trainer/models";
import { AdamW, scope, setNumThreads, tensor } from "@trainer/torch";
import type { Tokenizer } from "@trainer/tokenizers";

setNumThreads(1);

/** Trains a model until it knows a text by heart: it then writes it, and ends it, whatever rounds a little otherwise. */
export function memorize(model: CausalLm, ids: readonly number[], steps = 100): void {
  const optimizer = new AdamW(model.params.named(), { lr: 3e-3 });
  const inputs = tensor(BigInt64Array.from(ids.slice(0, -1), BigInt), [1, ids.length - 1]);
  const targets = tensor(BigInt64Array.from(ids.slice(1), BigInt), [1, ids.length - 1]);
  for (let step = 0; step < steps; step++)
    scope(() => {
      loss(model, { inputs, targets }, { training: true }).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
}

/** A folder in Hugging Face's layout of a model and its tokenizer. */
export async function saveFolder(folder: string, model: CausalLm, tokenizer: Tokenizer): Promise<void> {
  const { bos, eos, pad } = tokenizer.specials;
  await saveModel(folder, model, { bosTokenId: bos, eosTokenId: eos, padTokenId: pad });
  await tokenizer.save(folder);
}
