import type { Tokenizer } from "@trainer/tokenizers";
import { at } from "@trainer/disk";
import { binsOfRun } from "../bins/bins-of-run.js";
import { openHome } from "../home/home.js";
import { fetching } from "../home/fetching.js";
import { figuresOrUndefined } from "../home/metrics-lines.js";
import { evaluate, type Evaluation } from "../inference/evaluate.js";
import { EvaluateOptions } from "@trainer/options";
import { usualSplit } from "../inference/evaluation-place.js";
import { measureReferences } from "../inference/references.js";
import { openModel } from "../inference/open-model.js";
import { chanceOf } from "../preference/objectives.js";
import { driftWords, measureDrift } from "./drift.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";
import { lossCourseOf, pairWords, verdictOf } from "./verdict.js";

const { seed } = EvaluateOptions.parse({});

/**
 * Evaluates the best weights of a completed run, as `evaluate` does: on the validation split, or the test split if
 * there is no other. A failure here is a warning: the training itself is complete.
 */
export async function evaluateAtEnd(session: Session, reporter: Reporter) {
  const { options, folder, manifest, context, compute } = session;
  const stopped = () => context.signal?.aborted === true;
  if (!options.evaluate || stopped()) return;
  try {
    const split = usualSplit(manifest.current.splits);
    if (split === null) return;
    const where = fetching(context);
    using opened = await openModel(folder.id, { home: where.home, device: compute.device });
    const onProgress = (done: number, batches: number) =>
      reporter.emit({ type: "evaluating", of: "evaluation", done, batches });
    const corpus = (await session.corpus.unchanged()) && session.corpus;
    const e = await evaluate(opened, { split, seed }, { ...where, corpus, onProgress });
    await manifest.update({
      evaluation: {
        split,
        loss: e.loss,
        perplexity: e.perplexity, // where it is infinite the file has null
        figures: figuresOrUndefined(e.figures),
        bits_per_byte: e.bitsPerByte,
        bits_per_character: e.bitsPerCharacter,
        tokens: e.tokens,
        documents: e.documents,
        seed,
      },
    });
    if (!options.verdict) return;
    const { words, ...verdict } = await verdictAtEnd(session, opened.tokenizer, { ...e, split });
    const drift = options.drift ? await measureDrift(session, opened) : null;
    const forgotten = drift === null ? [] : [driftWords(drift)];
    await manifest.update({ verdict: { words: [...words, ...forgotten], ...verdict, drift } });
  } catch (error) {
    if (stopped()) return; // the run is whole without it
    reporter.warn(`the run is completed, but its evaluation failed: ${String(error)}`);
  }
}

interface Measured extends Pick<Evaluation, "bitsPerByte" | "samples" | "figures" | "documents"> {
  readonly split: "validation" | "test";
}

/** By the bins that the evaluation has read: the text itself is not read again. */
async function verdictAtEnd(
  { corpus, options, folder, manifest, context }: Session,
  tokenizer: Tokenizer,
  { split, bitsPerByte, samples, figures, documents }: Measured,
) {
  const { signal } = context;
  const course = await lossCourseOf(folder.metrics);
  const arePairs = options.preference !== "none";
  const isNew = options.corpusWeights === null && course.epoch === 0;
  const learnt = { chance: chanceOf(options, tokenizer.vocabSize), isNew, arePairs };
  if (arePairs) {
    const verdict = verdictOf(course, learnt, null, null);
    return { ...verdict, words: [pairWords(figures, documents), ...verdict.words] };
  }
  const { conversations } = await corpus.open({ signal });
  // Nothing else knows questions from answers, nor what weights texts have.
  if (conversations !== null || options.corpusWeights !== null) return verdictOf(course, learnt, null, null);
  using all = await binsOfRun(corpus, options, openHome(context.home), { tokenizer, signal });
  const bins = at(all.sources, 0);
  const written = samples.map(({ output }) => output);
  const seconds = Number(manifest.current.duration_seconds);
  const measured = await measureReferences({ bins, split, tokenizer, samples: written, seconds });
  return verdictOf(course, learnt, measured, bitsPerByte);
}
