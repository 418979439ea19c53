import { open } from "node:fs/promises";
import { z } from "zod";
import type { Verdict } from "../home/manifest.js";
import { LEAST } from "../inference/copied.js";
import type { Measured } from "../inference/references.js";
import { isLow } from "../step/loss-watch.js";

const Line = z.object({
  step: z.int(),
  split: z.string().optional(),
  loss: z.number().nullish(),
  train_loss: z.number().nullish(),
  epoch: z.int().default(0),
});

/** A run's losses, as the end of its metrics tells them. */
export interface LossCourse {
  readonly validations: readonly { readonly step: number; readonly loss: number }[];
  /** Mean loss of the last logged steps; null without any. */
  readonly train: number | null;
  /** Epoch of the last step, from 0. */
  readonly epoch: number;
}

const TAIL_BYTES = 1 << 20;
/** The last steps, whose losses are those of the end: a tenth of the logged ones, and no more than these. */
const RECENT = 50;

/** The last lines of a file of metrics. */
export async function lossCourseOf(path: string): Promise<LossCourse> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  const whole = tail.toString("utf8").slice(size > tail.length ? tail.indexOf("\n") + 1 : 0);
  const lines = whole
    .split("\n")
    .filter(Boolean)
    .map((line) => Line.parse(JSON.parse(line)));
  const train = lines.flatMap(({ train_loss: loss }) => (typeof loss === "number" ? [loss] : []));
  const recent = train.slice(-Math.min(RECENT, Math.ceil(train.length / 10)));
  return {
    validations: lines.flatMap(({ split, step, loss }) =>
      split === "validation" && typeof loss === "number" ? [{ step, loss }] : [],
    ),
    train: recent.length === 0 ? null : recent.reduce((a, b) => a + b) / recent.length,
    epoch: lines.at(-1)?.epoch ?? 0,
  };
}

/** Largest help for a run. */
export type Help = "steps" | "text" | "size";

interface Learning {
  readonly overfitsSince: number | null;
  readonly helps: Help | null;
  readonly words: readonly string[];
}

/** Relative rise of a loss that is one, fall that is one, and distance of validation from training that tells of too little text. */
const RISES = 0.005;
const FALLS = 0.003;
const GAP = 0.15;

/** What a run learns from, as its losses are judged. */
export interface Learnt {
  /** Loss of a model that knows nothing. */
  readonly chance: number;
  /** True if each part of it came once at most: nothing of it can be known by heart. */
  readonly isNew: boolean;
  /** True of pairs of answers, else it is text. */
  readonly arePairs: boolean;
}

/** Advice of a verdict, by what is learnt: pairs are learnt without dropout, and a model that is there is not larger. */
const ADVICE = {
  text: {
    overfits: "More text, a smaller model or more dropout would help, more steps would not.",
    byHeart: "It learns its text by heart",
    more: "more text",
    rests: "a larger model or more text",
  },
  pairs: {
    overfits: "More pairs or fewer steps would help.",
    byHeart: "It learns its pairs by heart",
    more: "more pairs",
    rests: "more pairs",
  },
};

/** Verdict of a run's losses on its end. */
export function learningOf({ validations, train }: LossCourse, { chance, isNew, arePairs }: Learnt): Learning {
  const advice = ADVICE[arePairs ? "pairs" : "text"];
  const [last] = validations.slice(-1);
  if (last === undefined || train === null) return { overfitsSince: null, helps: null, words: [] };
  const best = validations.reduce((a, b) => (b.loss < a.loss ? b : a));
  const losses = `${last.loss.toFixed(2)} in validation and ${train.toFixed(2)} in training`;
  if (last.loss > (1 + RISES) * best.loss) {
    const since = `It overfits since step ${best.step}: its loss went from ${best.loss.toFixed(2)} up to ${losses}.`;
    return {
      overfitsSince: best.step,
      helps: "text",
      words: [`${since} ${advice.overfits}`],
    };
  }
  if (!isNew && isLow(train, chance) && last.loss - train > GAP * last.loss) {
    const words = `${advice.byHeart}, with a loss of ${losses}: ${advice.more} would help most.`;
    return { overfitsSince: null, helps: "text", words: [words] };
  }
  const [before] = validations.slice(-2, -1);
  if (before === undefined || last.loss < (1 - FALLS) * before.loss)
    return {
      overfitsSince: null,
      helps: "steps",
      words: [`Its loss, ${losses}, was still falling: more steps would help.`],
    };
  return {
    overfitsSince: null,
    helps: arePairs ? "text" : "size",
    words: [`Its loss, ${losses}, has come to rest: ${advice.rests} would help, more steps hardly.`],
  };
}

/** What is said of pairs of answers. */
export function pairWords(figures: Readonly<Record<string, number>>, pairs: number): string {
  const [accuracy, margin] = [Number(figures["rewards/accuracies"]), Number(figures["rewards/margins"])];
  const told = `Of ${pairs} held-out pairs it prefers the chosen answer in ${(100 * accuracy).toFixed(0)} %, by a margin of ${margin.toFixed(2)} on average`;
  // Two standard errors of a guess
  return accuracy > 0.5 + 1 / Math.sqrt(pairs) ? `${told}.` : `${told}: a guess could do as well.`;
}

/** @param ownBits the run's bits per byte; null where its text does not come back from its tokens */
export function verdictOf(
  course: LossCourse,
  learnt: Learnt,
  measured: Measured | null,
  ownBits: number | null,
): Omit<Verdict, "drift"> {
  const { words, overfitsSince, helps } = learningOf(course, learnt);
  const of = { overfits_since: overfitsSince, helps };
  if (measured === null) return { ...of, words: [...words], references: null, copied: null };
  const { references, copied } = measured;
  const { bytes, trainingBytes, gzip, zstd, ngram } = references;
  return {
    ...of,
    words: [...words, ...beside(measured, ownBits), copiedWords(measured)],
    references: { bytes, training_bytes: trainingBytes, gzip, zstd, ngram },
    copied,
  };
}

function beside({ references }: Measured, ownBits: number | null): string[] {
  if (ownBits === null) return [];
  const { bytes, trainingBytes, gzip, zstd, ngram } = references;
  const others = [`gzip ${gzip.toFixed(2)}`, ...(zstd === null ? [] : [`zstd -19 ${zstd.toFixed(2)}`])];
  const how = `on ${kilobytes(bytes)} after ${kilobytes(trainingBytes)} of the training text`;
  const figures = `Bits per byte: ${ownBits.toFixed(2)}; ${others.join(", ")} and a 5-gram model ${ngram.toFixed(2)}, ${how}.`;
  const least = Math.min(ngram, gzip, zstd ?? Infinity);
  return [
    ownBits < least ? figures : `${figures} It is not ahead of them all yet: more steps, or a higher rate, would help.`,
  ];
}

function copiedWords({ copied, references }: Measured): string {
  const where = `in ${kilobytes(references.trainingBytes)} of the training text`;
  const { longest, share } = copied;
  if (longest === "") return `No span of ${LEAST} characters or more of its samples stands ${where}.`;
  const part = Math.max(1, Math.round(100 * share));
  return `Of its samples ${part} % stand ${where} word for word, at most ${longest.length} characters in a row: ${JSON.stringify(shortened(longest))}.`;
}

const SHOWN = 60;
const shortened = (text: string) => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
const kilobytes = (bytes: number) => `${Math.max(1, Math.round(bytes / 1000))} KB`;
