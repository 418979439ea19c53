/** Learning rates of a range test, from the first step's to the last's. */
export interface LrRange {
  readonly minLr: number;
  readonly maxLr: number;
  readonly steps: number;
}

/** A step of a range test. */
export interface RangePoint {
  readonly step: number;
  readonly lr: number;
  /** Loss of the step's batches, in nats a token. */
  readonly loss: number;
  /** The same, smoothed over the steps before. */
  readonly smoothedLoss: number;
}

/** The learning rate of a step, counted from 1: each is the one before times the same factor. */
export function rangeLr(step: number, { minLr, maxLr, steps }: LrRange): number {
  const part = (step - 1) / Math.max(1, steps - 1);
  return minLr ** (1 - part) * maxLr ** part; // exact at both ends
}

/** Weight of the steps before in a smoothed loss. */
const SMOOTHING = 0.8;

/** A smoothed loss so much above the lowest, in nats, is one that diverges. */
const DIVERGED = 1;

/**
 * The losses of a range test (Smith 2017), smoothed by an exponential mean whose start is corrected for, and the rate that
 * they propose.
 */
export class RangeTest {
  readonly points: RangePoint[] = [];
  #mean = 0;

  constructor(private readonly range: LrRange) {}

  /** Adds the next step's loss; true if there is nothing more to learn: the loss diverges, or this was the last step. */
  add(loss: number): boolean {
    const step = this.points.length + 1;
    if (!Number.isFinite(loss)) return true;
    this.#mean = SMOOTHING * this.#mean + (1 - SMOOTHING) * loss;
    const smoothedLoss = this.#mean / (1 - SMOOTHING ** step);
    this.points.push({ step, lr: rangeLr(step, this.range), loss, smoothedLoss });
    return step === this.range.steps || smoothedLoss > this.#lowest().smoothedLoss + DIVERGED;
  }

  /**
   * The rate to train with: a part of the one at which the smoothed loss was lowest. Beyond that the steps undo each
   * other; the smoothing tells of it late, and a run stays at its rate for longer than a test does. At most `cap`; null
   * where no loss was finite.
   */
  suggestion(cap = Infinity): number | null {
    return this.points.length === 0 ? null : Math.min(cap, rounded(this.#lowest().lr * PART));
  }

  #lowest(): RangePoint {
    return this.points.reduce((low, point) => (point.smoothedLoss < low.smoothedLoss ? point : low));
  }
}

/** Part of the rate at the lowest loss: docs/decisions/057. */
const PART = 1 / 2;

/** Two digits that matter: a range test knows no more. */
const rounded = (rate: number): number => Number(rate.toPrecision(2));
