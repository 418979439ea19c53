/**
 * The largest number from 1 to `max` for which `fits` holds, which must hold for all below one for which it does: by
 * doubling, then by bisection until the next known failure is within an eighth. 0 if not even 1 does.
 */
export async function largestThatFits(max: number, fits: (n: number) => boolean | Promise<boolean>): Promise<number> {
  let good = 0;
  let bad = max + 1;
  for (let n = 1; n < bad; n *= 2) {
    if (await fits(n)) good = n;
    else bad = n;
  }
  if (good < max && bad > max) {
    if (await fits(max)) return max;
    bad = max;
  }
  while (bad - good > Math.max(1, good / 8)) {
    const middle = Math.floor((good + bad) / 2);
    if (await fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
