/**
 * The exponential moving average of values, without the pull to 0 that a plain one begins with. What is no number stays
 * so, and does not count.
 * @param weight of what came before, from 0 to below 1
 */
export function smoothed(values: Float64Array, weight: number): Float64Array {
  let mean = 0;
  let weights = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return Number.NaN;
    mean = weight * mean + (1 - weight) * value;
    weights = weight * weights + (1 - weight);
    return mean / weights;
  });
}
