import { z } from "zod";

export const EarlyStoppingState = z.strictObject({
  best: z.number().nullable(),
  bestStep: z.int().nullable(),
  /** Validations since the best. */
  waited: z.int(),
  /** What else the best one told. */
  figures: z.record(z.string(), z.number()).optional(),
});
export type EarlyStoppingState = z.infer<typeof EarlyStoppingState>;

/** Tracks the best validation loss; stops after `patience` validations in a row without a better one. */
export class EarlyStopping {
  #state: EarlyStoppingState = { best: null, bestStep: null, waited: 0 };

  constructor(readonly patience: number) {}

  get best(): number | null {
    return this.#state.best;
  }

  get bestStep(): number | null {
    return this.#state.bestStep;
  }

  get figures(): EarlyStoppingState["figures"] {
    return this.#state.figures;
  }

  /** True once patience has run out. */
  get exhausted(): boolean {
    return this.#state.waited >= this.patience;
  }

  /** Takes note of a validation; true if its loss is strictly the lowest so far. */
  observe(valLoss: number, step: number, figures?: EarlyStoppingState["figures"]): boolean {
    const improved = this.#state.best === null || valLoss < this.#state.best;
    this.#state = improved
      ? { best: valLoss, bestStep: step, waited: 0, ...(figures && { figures }) }
      : { ...this.#state, waited: this.#state.waited + 1 };
    return improved;
  }

  /** Waits as long again as at the beginning; the best stays. */
  renew(): void {
    this.#state = { ...this.#state, waited: 0 };
  }

  state(): EarlyStoppingState {
    return this.#state;
  }

  load(state: EarlyStoppingState): void {
    this.#state = state;
  }
}
