import { at } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";
import { BatchLoader } from "../bins/batch-loader.js";
import type { RunBins } from "../bins/bins-of-run.js";
import type { Learner } from "../model/learner.js";
import { planPairs } from "../preference/plan-pairs.js";
import type { PlannedTexts } from "../step/evaluate-texts.js";
import type { Session } from "./run-context.js";
import type { RunData } from "./run-data.js";
import { referenceOf } from "./run-reference.js";

interface Pairs {
  readonly bins: RunBins;
  readonly tokenizer: Tokenizer;
  readonly learner: Learner;
  readonly seqLen: number;
  readonly batchSize: number;
}

/** Batches of pairs of answers, with what the model that the run began with makes of them where it is held to that. */
export async function openPairs(
  session: Session,
  { bins: texts, tokenizer, learner, seqLen, batchSize }: Pairs,
): Promise<RunData> {
  const { options, compute } = session;
  const { evalTokens, seed } = options;
  const bins = at(texts.sources, 0); // pairs are not mixed
  const reading = { seqLen, batchSize, seed, padId: tokenizer.specials.pad, device: compute.device };
  const reference =
    options.preference === "dpo" ? await referenceOf(session, { bins, tokenizer, learner, ...reading }) : null;
  const evaluation = (split: "validation" | "test"): PlannedTexts | null => {
    const bin = bins[split];
    if (bin === null) return null;
    const learnt = Number(bins.counts[split].mask?.learnt);
    const planned = planPairs(bin, { ...reading, evalTokens, learnt, reference: reference?.[split] ?? null });
    return { texts: [planned], shares: [1] };
  };
  const trained = { ...reading, shuffle: true, pairs: true, reference: reference?.train ?? null };
  const loader = new BatchLoader(bins.train, trained);
  const splits = { validation: evaluation("validation"), test: evaluation("test") };
  return { loader, splits, sources: [], seqLen, [Symbol.dispose]: () => loader[Symbol.dispose]() };
}
