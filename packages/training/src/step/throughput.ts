/** Speed of a session: since the last call, and overall. */
export class Throughput {
  #ms = 0;
  #steps = 0;
  #tokens = 0;
  #samples = 0;
  #allSteps = 0;
  readonly #began = performance.now();

  /** Steps since the beginning. */
  get steps(): number {
    return this.#allSteps;
  }

  add(ms: number, tokens: number, samples: number): void {
    this.#ms += ms;
    this.#steps += 1;
    this.#tokens += tokens;
    this.#samples += samples;
    this.#allSteps += 1;
  }

  /** The rates since the last call; validation and saving do not count. */
  take(): { stepMs: number; tokensPerSec: number; samplesPerSec: number } {
    const seconds = this.#ms / 1000;
    const rates = {
      stepMs: this.#ms / this.#steps,
      tokensPerSec: this.#tokens / seconds,
      samplesPerSec: this.#samples / seconds,
    };
    this.#ms = this.#steps = this.#tokens = this.#samples = 0;
    return rates;
  }

  /** Seconds a step has taken so far, its share of saving included, where evaluations took `evaluating` seconds. */
  secondsPerStep(evaluating: number): number {
    return ((performance.now() - this.#began) / 1000 - evaluating) / this.#allSteps;
  }
}

/** Speed of evaluations. */
export class EvaluationPace {
  #batches = 0;
  seconds = 0;

  add(batches: number, seconds: number): void {
    this.#batches += batches;
    this.seconds += seconds;
  }

  /** Seconds a batch takes; before any was evaluated a third of a training batch's, which has a backward pass too. */
  secondsPerBatch(training: number): number {
    return this.#batches === 0 ? training / 3 : this.seconds / this.#batches;
  }
}
