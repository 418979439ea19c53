import { stack, zeros, type Tensor } from "@trainer/torch";

/** -log σ(x), whatever the size of x. (B) -> (B) */
const minusLogSigmoid = (x: Tensor): Tensor => stack([zeros([x.size(0)], { device: x.device }), x.neg()]).logsumexp(0);

/** A number of the chosen answers and one of the rejected ones, (B) each. */
export interface Sides {
  readonly chosen: Tensor;
  readonly rejected: Tensor;
}

/** The halves of what is told of a batch's rows. (2B) -> (B), (B) */
export function sidesOf(rows: Tensor): Sides {
  const pairs = rows.size(0) / 2;
  return { chosen: rows.narrow(0, 0, pairs), rejected: rows.narrow(0, pairs, pairs) };
}

/**
 * The loss of direct preference optimization (Rafailov et al. 2023, equation 7) by how much more likely than to the
 * reference model each answer is; with `smoothing` that of pairs of which such a part is the wrong way round (Mitchell 2023,
 * "A note on DPO with noisy preferences", equation 3). ()
 */
export function dpoLoss(gained: Sides, beta: number, smoothing = 0): Tensor {
  const lead = gained.chosen.sub(gained.rejected).mul(beta);
  const loss = minusLogSigmoid(lead);
  return (smoothing === 0 ? loss : loss.mul(1 - smoothing).add(minusLogSigmoid(lead.neg()).mul(smoothing))).mean();
}

/**
 * The odds ratio loss of ORPO (Hong et al. 2024, equations 4 and 7), of the mean log-probability of each answer's tokens;
 * the loss of writing the chosen ones is added to it. ()
 */
export const oddsRatioLoss = (means: Sides): Tensor =>
  minusLogSigmoid(logOdds(means.chosen).sub(logOdds(means.rejected))).mean();

/** log(p / (1 - p)) of log p. */
const logOdds = (logP: Tensor): Tensor => logP.sub(logP.exp().neg().add(1).log());

/** What is told of a batch beside its loss, by the names of TRL, where ORPO's log-probabilities are means of tokens. () each */
export const figuresOf = (rewards: Sides, logProbabilities: Sides): Record<string, Tensor> => {
  const mean = (t: Tensor) => t.detach().mean();
  return {
    "rewards/chosen": mean(rewards.chosen),
    "rewards/rejected": mean(rewards.rejected),
    "rewards/accuracies": mean(rewards.chosen.gt(rewards.rejected).to("float32")),
    "rewards/margins": mean(rewards.chosen.sub(rewards.rejected)),
    "logps/chosen": mean(logProbabilities.chosen),
    "logps/rejected": mean(logProbabilities.rejected),
  };
};
