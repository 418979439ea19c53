import type { z } from "zod";
import type { TrainOptions } from "./train-options.js";

type Options = Pick<z.output<typeof TrainOptions>, "loraRank" | "pretrainedRunId" | "optimizer" | "emaDecay" | "beta1">;

/**
 * The first contradiction between options of a training, or null.
 * @param averages true if the optimizer averages the weights by itself
 * @param called a name as the reader has it
 */
export function contradiction(
  options: Options,
  averages: boolean,
  called: (name: keyof Options) => string = (name) => name,
): string | null {
  const { loraRank, pretrainedRunId, optimizer, emaDecay, beta1 } = options;
  if (loraRank > 0 && pretrainedRunId === null)
    return `${called("loraRank")}: an adapter changes a trained model; name one by ${called("pretrainedRunId")}`;
  if (averages && emaDecay > 0)
    return `${called("emaDecay")}: ${optimizer} averages the weights by itself; leave it out`;
  if (averages && beta1 === 0)
    return `${called("beta1")}: ${optimizer} takes gradients between the weights and their average by it; it must be above 0`;
  return null;
}
