import type { Bins, SplitCount as BinCount } from "../bins/build-bins.js";
import type { MaskFigures } from "../bins/bins-manifest.js";
import { lossNote } from "../bins/lost-text.js";
import { SPLITS, type Split } from "../corpus/held-out.js";
import { isFar } from "../corpus/split-plan.js";
import type { SplitCounts } from "../home/manifest.js";
import type { TrainOptions } from "../options/options.js";

/** Requested and actual size of each split, in bytes of the text. */
export function splitCounts(
  counts: Bins["counts"],
  { holdoutFraction: validation, testSplitRatio: test }: Pick<TrainOptions, "holdoutFraction" | "testSplitRatio">,
): SplitCounts {
  const asked = { train: 1 - validation - test, validation, test };
  const total = SPLITS.reduce((sum, split) => sum + counts[split].bytes, 0);
  const of = (split: Split) => ({ ...figures(counts[split]), asked: asked[split], share: counts[split].bytes / total });
  return { train: of("train"), validation: of("validation"), test: of("test") };
}

const figures = ({ documents, tokens, bytes, measured, mask }: BinCount) => ({
  documents,
  tokens,
  bytes,
  lost_bytes: measured?.loss.bytes ?? null,
  unknown_tokens: measured?.loss.unknown_tokens ?? null,
  ...(mask === undefined ? {} : { conversations: conversationCounts(mask) }),
});

const conversationCounts = ({ turns, tokens, learnt, cut, dropped }: MaskFigures) => ({
  turns,
  tokens,
  learnt,
  cut,
  dropped,
});

/** Warnings about held-out text that is lost in encoding and decoding. */
export function lossWarnings(counts: Bins["counts"]): string[] {
  return (["validation", "test"] as const).flatMap((split) => {
    const { measured, bytes } = counts[split];
    const note = measured && lossNote(measured.loss, bytes);
    return note === null ? [] : [`${split}: ${note}`];
  });
}

/** Warnings about splits that are far from the requested ones. */
export function splitWarnings(counts: SplitCounts): string[] {
  return (["validation", "test"] as const).flatMap((split) => {
    const { documents, asked, share } = counts[split];
    if (asked === null || share === null || !isFar(share, asked)) return [];
    const got = `the ${split} split has ${percent(share)} of the text where ${percent(asked)} was asked for`;
    const why = `${documents} document(s), since they are few, or of very different lengths`;
    return [`${got}: ${why}; to come nearer, give more text or shorter documents`];
  });
}

/** Warnings about pairs that teach nothing. */
export function pairWarnings(counts: Bins["counts"]): string[] {
  const unusable = SPLITS.reduce((sum, split) => sum + (counts[split].mask?.unusable ?? 0), 0);
  if (unusable === 0) return [];
  return [`${unusable} pair(s) are left out: their answers are the same, or one of them is empty`];
}

/** Warnings about conversations that are longer than a sequence. */
export function lengthWarnings(counts: SplitCounts): string[] {
  const all = Object.values(counts).map(({ conversations }) => conversations);
  const sum = (of: "cut" | "dropped") => all.reduce((total, counted) => total + (counted?.[of] ?? 0), 0);
  const [cut, dropped] = [sum("cut"), sum("dropped")];
  const what = [
    ...(cut === 0 ? [] : [`of ${cut} the end is left out`]),
    ...(dropped === 0 ? [] : [`${dropped} are left out whole, for no answer is within it`]),
  ];
  if (what.length === 0) return [];
  return [`conversations are longer than a sequence: ${what.join(", ")}; --max-seq-len makes it longer`];
}

const percent = (part: number) => `${Number((100 * part).toPrecision(2))} %`;
