import { z } from "zod";

/** Symptoms of a training that goes wrong, as its losses show them. */
export const symptoms = ["zero_rate", "spike", "divergence", "standstill", "memorising"] as const;
export type Symptom = (typeof symptoms)[number];

const Alarm = z.strictObject({ step: z.int(), symptom: z.enum(symptoms), message: z.string() });
/** A symptom, by the step that showed it, with what can be done. */
export type Alarm = z.infer<typeof Alarm>;

export const WatchState = z.strictObject({
  /** Losses of the first steps, and of the last, oldest first. */
  first: z.array(z.number()),
  recent: z.array(z.number()),
  /** Lowest mean of a row of losses; null before there is a whole one. */
  lowest: z.number().nullable(),
  /** Steps in a row whose loss was far too high, and whose rate was 0. */
  high: z.int(),
  idle: z.int(),
  /** Steps at the full rate, after warm-up. */
  full: z.int(),
  /** True once the loss has certainly fallen. */
  moved: z.boolean(),
  /** Each symptom's first. */
  alarms: z.array(Alarm),
  /** Symptoms that no line of the metrics has yet. */
  unlogged: z.array(z.enum(symptoms)),
});
export type WatchState = z.infer<typeof WatchState>;

export const freshWatch = (): WatchState => ({
  first: [],
  recent: [],
  lowest: null,
  high: 0,
  idle: 0,
  full: 0,
  moved: false,
  alarms: [],
  unlogged: [],
});

/** A step as the watch sees it. */
export interface WatchedStep {
  readonly step: number;
  /** In nats per token. */
  readonly loss: number;
  readonly lr: number;
  readonly isWarmup: boolean;
}

/** Part of the loss of a model that knows nothing: the frequencies of tokens alone give 0.65 to 0.9 of it. */
const LOW = 0.5;

/** True of a loss that takes more than frequencies: nothing is learnt by heart with a higher one. */
export const isLow = (loss: number, chance: number): boolean => loss < LOW * chance;

interface WatchOptions {
  /** Loss of a model that knows nothing: of text the logarithm of the number of tokens. */
  readonly chance: number;
}

const FIRST = 10;
const RECENT = 50;
/** Losses of a row, whose mean is compared. */
const ROW = 20;
const SHORT_ROW = 10;
/** Steps in a row that make a divergence, a spike, a rate of 0. */
const HIGH = 10;
const SPIKE = 3;
const IDLE = 10;
/** Steps at the full rate after which a loss should have moved, and by what part of itself. */
const SETTLED = 50;
const MOVES = 0.02;
/** Least part of the loss of an untrained model that a run from new weights begins with. */
const UNTRAINED = 0.8;

/**
 * Watches a run's losses for what ends badly. Each symptom is told once. Thresholds are above the noise of the losses
 * themselves, which is measured by the differences of successive ones: small batches are noisy without anything being
 * wrong.
 */
export class LossWatch {
  #state: WatchState = freshWatch();

  constructor(private readonly options: WatchOptions) {}

  /** Everything that it knows, for checkpoints. */
  state(): WatchState {
    return this.#state;
  }

  load(state: WatchState): void {
    this.#state = state;
  }

  /** Takes over alarms of which it has not told: they are not told again. */
  addAlarms(alarms: readonly Alarm[]): void {
    const known = new Set(this.#state.alarms.map(({ symptom }) => symptom));
    const others = alarms.filter(({ symptom }) => !known.has(symptom));
    this.#state = { ...this.#state, alarms: [...this.#state.alarms, ...others] };
  }

  /** Symptoms of steps that were told since this was last asked. */
  takeUnlogged(): Symptom[] {
    const { unlogged } = this.#state;
    this.#state = { ...this.#state, unlogged: [] };
    return unlogged;
  }

  /** True if the losses have gone up far and do not come back. */
  get diverges(): boolean {
    return this.#state.high >= HIGH;
  }

  /** Takes note of a step; what it shows for the first time. */
  step(seen: WatchedStep): Alarm[] {
    const before = this.#state;
    const recent = [...before.recent, seen.loss].slice(-RECENT);
    const first = before.first.length < FIRST ? [...before.first, seen.loss] : before.first;
    const row = recent.slice(-ROW);
    const mean = row.length < ROW ? null : meanOf(row);
    this.#state = {
      ...before,
      first,
      recent,
      lowest: mean === null ? before.lowest : Math.min(mean, before.lowest ?? mean),
      high: isHigh(before, recent) ? before.high + 1 : 0,
      idle: seen.lr === 0 ? before.idle + 1 : 0,
      full: seen.isWarmup || seen.lr === 0 ? before.full : before.full + 1,
    };
    const { moved, stands } = this.#movement();
    this.#state = { ...this.#state, moved };
    const { loss, step } = seen;
    const alarms = [
      ...this.#tell(
        this.#state.idle >= IDLE,
        step,
        "zero_rate",
        () => "the learning rate is 0, nothing is learned: give a rate above 0, or for a falling one a rate at its end",
      ),
      ...this.#tell(isSpike(recent), step, "spike", () => {
        const usual = meanOf(recent.slice(0, -SPIKE)).toFixed(2);
        return `the loss jumped from ${usual} to ${loss.toFixed(2)}: where it does not come back, take a lower learning rate, more warm-up steps or harder gradient clipping`;
      }),
      ...this.#tell(this.diverges, step, "divergence", () => {
        const now = meanOf(recent.slice(-SHORT_ROW)).toFixed(2);
        return `the training diverges, its loss has gone up to ${now}: take a learning rate some times lower, or more warm-up steps`;
      }),
      ...this.#tell(
        stands,
        step,
        "standstill",
        () =>
          `the loss does not move from ${meanOf(row).toFixed(2)}: take a higher learning rate, and look whether the text is what it should be`,
      ),
    ];
    this.#state = { ...this.#state, unlogged: [...this.#state.unlogged, ...alarms.map(({ symptom }) => symptom)] };
    return alarms;
  }

  /** Takes note of a validation, the best so far or not. */
  validation({
    step,
    loss,
    isBest,
  }: {
    readonly step: number;
    readonly loss: number;
    readonly isBest: boolean;
  }): Alarm[] {
    const { recent } = this.#state;
    if (recent.length < SHORT_ROW) return [];
    const train = Math.max(meanOf(recent), medianOf(recent.slice(-SHORT_ROW))); // of a loss that goes up, where it is now
    const gap = loss - train;
    const least = isBest ? Math.max(0.5, 0.5 * loss) : Math.max(0.25, 0.2 * loss);
    return this.#tell(gap > least && isLow(train, this.options.chance), step, "memorising", () => {
      const figures = `${train.toFixed(2)} in training and ${loss.toFixed(2)} in validation`;
      return `the model learns the text by heart, its loss is ${figures}: take more text, a smaller model, more dropout, or end earlier`;
    });
  }

  /** Movement of a new model's loss: it certainly has moved, or certainly has not, or neither. */
  #movement(): { moved: boolean; stands: boolean } {
    const { first, recent, full, moved } = this.#state;
    if (moved || full < SETTLED) return { moved, stands: false };
    const start = meanOf(first);
    if (start < UNTRAINED * this.options.chance) return { moved: true, stands: false }; // it knew something before
    const fall = start - meanOf(recent.slice(-ROW));
    const doubt = 2 * noiseOf(recent) * Math.sqrt(1 / FIRST + 1 / ROW);
    return { moved: fall - doubt > MOVES * start, stands: fall + doubt < MOVES * start };
  }

  #tell(shows: boolean, step: number, symptom: Symptom, message: () => string): Alarm[] {
    if (!shows || this.#state.alarms.some((alarm) => alarm.symptom === symptom)) return [];
    const alarm = { step, symptom, message: message() };
    this.#state = { ...this.#state, alarms: [...this.#state.alarms, alarm] };
    return [alarm];
  }
}

/** True if the middle of the last losses is far above the first ones, or has come back half the way to them. */
function isHigh({ first, lowest }: WatchState, recent: readonly number[]): boolean {
  if (lowest === null) return false;
  const start = meanOf(first);
  const now = medianOf(recent.slice(-SHORT_ROW)); // a single text that is hard moves it little
  const noise = 6 * noiseOf(recent) * Math.sqrt(1 / SHORT_ROW);
  const aboveStart = now - start > Math.max(0.5, 0.15 * start, noise);
  return aboveStart || now - lowest > Math.max(0.5, 0.5 * (start - lowest), noise);
}

/** True if the last losses are all far above those before. */
function isSpike(recent: readonly number[]): boolean {
  const [before, last] = [recent.slice(0, -SPIKE), recent.slice(-SPIKE)];
  if (before.length < ROW) return false;
  const usual = meanOf(before.slice(-ROW));
  return Math.min(...last) - usual > Math.max(0.5, 0.15 * usual, 8 * noiseOf(before));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Least value that is not below the median. */
const medianOf = (values: readonly number[]): number =>
  Math.max(...values.toSorted((a, b) => a - b).slice(0, Math.floor(values.length / 2) + 1));

/** Mean of the differences of successive normal values, over their standard deviation: 2 / sqrt(pi). */
const MEAN_DIFFERENCE = 1.128;

/** Standard deviation of losses about their course. */
function noiseOf(losses: readonly number[]): number {
  let sum = 0;
  losses.reduce((before, loss) => {
    sum += Math.abs(loss - before);
    return loss;
  });
  return sum / (losses.length - 1) / MEAN_DIFFERENCE;
}
