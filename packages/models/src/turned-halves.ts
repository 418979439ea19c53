export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/**
 * The order of a head's numbers for our kernels, where positions turn its first `turned` alone: those are paired half by
 * half, and kernels pair the halves of a whole head. Scores do not depend on the order of a head's numbers.
 */
export function turnedHalves(headDim: number, turned: number): number[] {
  const middle = (turned + headDim) / 2;
  const [pairs, left] = [range(0, turned / 2), range(turned, middle)];
  return [...pairs, ...left, ...range(turned / 2, turned), ...range(middle, headDim)];
}
