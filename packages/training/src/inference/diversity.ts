/** Diversity of generated texts, as shares from 0 to 1; null if there are too few tokens. */
export interface Diversity {
  /** Different tokens among all (Li et al. 2016). */
  readonly distinct1: number | null;
  /** Different pairs of neighbours among all. */
  readonly distinct2: number | null;
  /** Runs of four tokens that stood in the same text before. */
  readonly repetition4: number | null;
}

/** Measures texts given as token ids. */
export function diversity(texts: readonly ArrayLike<number>[]): Diversity {
  const distinct = (n: number) => {
    const all = texts.flatMap((ids) => ngrams(ids, n));
    return share(new Set(all).size, all.length);
  };
  const fours = texts.map((ids) => ngrams(ids, 4));
  const total = fours.reduce((sum, grams) => sum + grams.length, 0);
  const repeated = fours.reduce((sum, grams) => sum + grams.length - new Set(grams).size, 0);
  return { distinct1: distinct(1), distinct2: distinct(2), repetition4: share(repeated, total) };
}

const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);

function ngrams(ids: ArrayLike<number>, n: number): string[] {
  const list = Array.from(ids);
  return list.slice(n - 1).map((_, i) => list.slice(i, i + n).join(" "));
}
