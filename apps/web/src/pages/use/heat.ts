/** Surprisal from which a part of a text has the next warmer colour, in bits. */
export const LEVELS = [1, 2, 4, 6, 9, 13] as const;

/** The warmth of a colour: from 0, foreseen or not known, to the number of levels. */
export const levelOf = (bits: number | null): number => LEVELS.filter((from) => (bits ?? 0) >= from).length;

/** A surprisal for people: 3.4 bits. */
export const bitsText = (bits: number | null): string =>
  bits === null ? "not foreseen by anything" : `${short(bits)} bits`;

export const short = (bits: number | null): string => (bits === null ? "–" : bits.toFixed(bits < 10 ? 2 : 1));

/** A probability for people: 42 %, 0.31 %, below 0.01 %. */
export function chance(probability: number): string {
  const percent = 100 * probability;
  if (percent >= 10) return `${percent.toFixed(0)} %`;
  return percent >= 0.01 ? `${Number(percent.toPrecision(2))} %` : "below 0.01 %";
}
