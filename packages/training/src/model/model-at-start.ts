import type { CausalLm } from "@trainer/models";
import type { Tokenizer } from "@trainer/tokenizers";
import { acquireRun, type EnsureContext } from "../artifact/ensure-run.js";
import { disposeModel, pretrainedModel, type ModelOf } from "./make-model.js";

/** Does `work` with the model that a run began with, made again of the weights that it started from. */
export async function withModelAtStart<T>(
  run: Pick<ModelOf, "options" | "compute">,
  tokenizer: Tokenizer,
  context: EnsureContext,
  work: (model: CausalLm) => Promise<T>,
): Promise<T> {
  using origin = await acquireRun(String(run.options.pretrainedRunId), context);
  const { model } = await pretrainedModel(run, tokenizer, origin.dir);
  try {
    return await work(model);
  } finally {
    disposeModel(model);
  }
}
