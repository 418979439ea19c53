import { cat, linearCrossEntropy, type Tensor } from "@trainer/torch";
import { IGNORED, type Batch } from "../bins/batch.js";
import { TrainingError } from "../errors.js";
import type { TrainOptions } from "../options/options.js";
import { nextToken, type Objective } from "../step/objective.js";
import { logProbabilities, targetCounts } from "./log-probabilities.js";
import { dpoLoss, figuresOf, oddsRatioLoss, sidesOf } from "./preference-loss.js";

/** What a run with these options makes small. Pairs are learnt without dropout, as in TRL: the reference has none. */
export function objectiveOf({ preference, preferenceBeta, labelSmoothing, zLoss }: Objectives): Objective {
  if (preference === "none") return nextToken(zLoss);
  return preference === "dpo" ? dpo(preferenceBeta, labelSmoothing) : orpo(preferenceBeta);
}
type Objectives = Pick<TrainOptions, "preference" | "preferenceBeta" | "labelSmoothing" | "zLoss">;

/** Loss of a model that knows nothing. */
export const chanceOf = ({ preference }: Pick<TrainOptions, "preference">, vocabSize: number): number =>
  preference === "dpo" ? Math.LN2 : Math.log(vocabSize);

/** Direct preference optimization, conservative with a `smoothing`; batches have the reference's log-probabilities. */
export const dpo = (beta: number, smoothing = 0): Objective => ({
  recordable: false,
  ofBatch(model, batch, ctx) {
    const { inputs, targets, reference } = batch;
    if (reference === undefined) throw new TrainingError("INTERNAL_ERROR", "a batch of pairs has no reference");
    const sums = logProbabilities(model, model.hidden(inputs, { ...ctx, training: false }), targets);
    const gained = sidesOf(sums.sub(reference));
    const rewards = { chosen: gained.chosen.mul(beta), rejected: gained.rejected.mul(beta) };
    return { loss: dpoLoss(gained, beta, smoothing), figures: figuresOf(rewards, sidesOf(sums)) };
  },
});

/** The loss of the chosen conversations, prompts included as in TRL, and `lambda` times that of the odds ratio. */
export const orpo = (lambda: number): Objective => ({
  recordable: false,
  ofBatch(model, { inputs, targets }, ctx) {
    const hidden = model.hidden(inputs, { ...ctx, training: false });
    const sums = logProbabilities(model, hidden, targets);
    const means = sidesOf(sums.div(targetCounts(targets)));
    const pairs = inputs.size(0) / 2;
    const { headBias: bias, softcap } = model;
    const written = wholeTargets({ inputs, targets }).narrow(0, 0, pairs).flatten();
    const nll = linearCrossEntropy(hidden.narrow(0, 0, pairs).flatten(0, 1), model.head, written, { bias, softcap });
    const oddsRatio = oddsRatioLoss(means);
    const rewards = { chosen: means.chosen.mul(lambda), rejected: means.rejected.mul(lambda) };
    const figures = { ...figuresOf(rewards, means), nll_loss: nll.detach(), log_odds_ratio: oddsRatio.neg().detach() };
    return { loss: nll.to("float32").add(oddsRatio.mul(lambda)), figures };
  },
});

/** The token after each input up to a row's last target, of what is only read too. (B, T) */
function wholeTargets({ inputs, targets }: Pick<Batch, "inputs" | "targets">): Tensor {
  const length = inputs.size(1);
  const next = cat([inputs.narrow(1, 1, length - 1), targets.narrow(1, length - 1, 1)], 1);
  const learnt = targets.ne(IGNORED).to("int64");
  const before = learnt.cumsum(1).sub(learnt);
  const isPast = before.eq(learnt.sum(1).unsqueeze(1));
  return next.maskedFill(isPast, IGNORED);
}
