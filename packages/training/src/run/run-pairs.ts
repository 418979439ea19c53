import { at } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";
import { BatchLoader } from "../bins/batch-loader.js";
import type { RunBins } from "../bins/bins-of-run.js";
import type { TokenBin } from "../bins/token-bin.js";
import type { Split } from "../corpus/held-out.js";
import type { Learner } from "../model/learner.js";
import type { PlannedTexts } from "../step/evaluate-texts.js";
import type { PlannedEvaluation } from "../step/planned-evaluation.js";
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
  const bins = at(texts.sources, 0); // pairs are not mixed
  const reading = { seqLen, batchSize, seed: options.seed, padId: tokenizer.specials.pad, device: compute.device };
  const reference =
    options.preference === "dpo" ? await referenceOf(session, { bins, tokenizer, learner, ...reading }) : null;
  const open = (split: Split, bin: TokenBin, shuffle: boolean) =>
    new BatchLoader(bin, { ...reading, shuffle, pairs: true, reference: reference?.[split] ?? null });
  const evaluation = (split: "validation" | "test"): PlannedTexts | null => {
    const bin = bins[split];
    if (bin === null) return null;
    const { documents, bytes } = bin;
    const all = Math.ceil(documents / batchSize);
    const learnt = Number(bins.counts[split].mask?.learnt);
    const { evalTokens } = options;
    const batches = evalTokens === 0 ? all : Math.min(all, Math.ceil((all * evalTokens) / learnt));
    const planned: PlannedEvaluation = {
      targets: Math.round((learnt * batches) / all),
      batches,
      sampled: batches < all,
      bytes,
      characters: 0,
      documentLengths: null,
      open() {
        const loader = open(split, bin, batches < all); // a part is drawn by the seed, the same each time
        return {
          batches,
          text: null,
          next: () => loader.next(),
          [Symbol.dispose]: () => loader[Symbol.dispose](),
        };
      },
    };
    return { texts: [planned], shares: [1] };
  };
  const loader = open("train", bins.train, true);
  const splits = { validation: evaluation("validation"), test: evaluation("test") };
  return { loader, splits, sources: [], seqLen, [Symbol.dispose]: () => loader[Symbol.dispose]() };
}
