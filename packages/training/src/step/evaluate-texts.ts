import type { CausalLm } from "@trainer/models";
import { at } from "@trainer/disk";
import type { SourceFigures } from "../home/source-figures.js";
import { evaluateSplit, type EvaluationData, type SplitEvaluation } from "./evaluate-split.js";
import type { PlannedEvaluation } from "./planned-evaluation.js";

/** The evaluated part of a split, of one text or of several that are mixed. */
export interface PlannedTexts {
  readonly texts: readonly PlannedEvaluation[];
  /** The part that each has in what is trained on. */
  readonly shares: readonly number[];
}

/** Losses on a split, with those on each of its texts; of one text by itself none. */
export interface TextsEvaluation extends SplitEvaluation {
  readonly sources: readonly SplitEvaluation[];
}

/** Options of `evaluateSplit` in its order, but for the data. */
type Rest = Parameters<typeof evaluateSplit> extends [infer _Model, infer _Data, ...infer Others] ? Others : never;

export const batchesOf = ({ texts }: PlannedTexts): number => texts.reduce((sum, { batches }) => sum + batches, 0);

/** Evaluates one text after another, as `evaluateSplit` does each; the loss is that of text mixed by the shares. */
export async function evaluateTexts(
  model: CausalLm,
  planned: PlannedTexts,
  ...[compute, signal, freeMemory, onBatch, objective]: Rest
): Promise<TextsEvaluation | null> {
  const results: Evaluated[] = [];
  const batches = batchesOf(planned);
  let done = 0;
  for (const text of planned.texts) {
    using data = text.open();
    const before = done;
    const onNext = (i: number) => onBatch?.(before + i, batches);
    const result = await evaluateSplit(model, data, compute, signal, freeMemory, onNext, objective);
    if (result === null) return null;
    results.push({ result, text: data.text });
    done += data.batches;
  }
  const [first] = results;
  if (results.length === 1 && first !== undefined) return { ...first.result, sources: [] };
  return { ...mixed(results, planned.shares), sources: results.map(({ result }) => result) };
}

/** Figures of texts by their names. */
export const sourceFigures = (names: readonly string[], sources: readonly SplitEvaluation[]): SourceFigures[] =>
  sources.map(({ loss, perplexity: ppl, bitsPerByte, tokens }, i) => ({
    source: at(names, i),
    loss,
    ppl,
    bitsPerByte,
    tokens,
  }));

interface Evaluated {
  readonly result: SplitEvaluation;
  readonly text: EvaluationData["text"];
}

/** Figures of a text that has the shares of these by its tokens. */
function mixed(results: readonly Evaluated[], shares: readonly number[]): SplitEvaluation {
  const mean = (of: (each: Evaluated) => number) =>
    results.reduce((sum, each, i) => sum + (shares[i] === 0 ? 0 : at(shares, i) * of(each)), 0);
  const loss = mean(({ result }) => result.loss);
  const bitsPer = (unit: "bytes" | "characters") => {
    if (results.some(({ text }) => text === null)) return null;
    return loss / Math.LN2 / mean(({ result, text }) => Number(text?.[unit]) / result.tokens);
  };
  return {
    loss,
    perplexity: Math.exp(loss),
    bitsPerByte: bitsPer("bytes"),
    bitsPerCharacter: bitsPer("characters"),
    tokens: results.reduce((sum, { result }) => sum + result.tokens, 0),
    figures: {}, // an objective that has some mixes no texts
  };
}
