import { copyState, keep, MovingAverage, noGrad, scope, type Optimizer, type Tensor } from "@trainer/torch";

type Named = ReadonlyMap<string, Tensor>;

/** Prefix of the weights that are trained, in a checkpoint whose model holds averages. */
const TRAINED = "trained.";

/**
 * Averages of the weights over the steps, which are evaluated, saved and used in place of the weights that are trained. A
 * checkpoint's model holds the averages, and the weights to train on are beside the optimizer's state.
 */
export class WeightAverage implements Disposable {
  readonly #params: Named;
  readonly #averages: () => Named;
  readonly #moving: MovingAverage | null;
  /** The trained weights while the parameters hold averages; else empty. */
  #trained: Named = new Map();

  /** @param moving null for averages that an optimizer makes by itself */
  constructor(params: Named, averages: () => Named, moving: MovingAverage | null) {
    this.#params = params;
    this.#averages = averages;
    this.#moving = moving;
  }

  /** Takes in the weights after an update. */
  update(): void {
    this.#moving?.update();
  }

  /** Runs `body` with the averages in the parameters, and puts the trained weights back, to the bit. */
  async during<T>(body: () => Promise<T>): Promise<T> {
    if (this.#trained.size > 0) return await body();
    this.use();
    try {
      return await body();
    } finally {
      this.#putBack(this.#trained);
      this.#forgetTrained();
    }
  }

  /** Puts the averages into the parameters for good. */
  use(): void {
    if (this.#trained.size > 0) return;
    noGrad(() => {
      this.#trained = new Map([...this.#byStoredName()].map(([name, p]) => [name, keep(p.clone())]));
    });
    scope(() => copyState("these are not averages of these weights", this.#params, this.#averages()));
  }

  /** `trained.<param>` while the parameters hold averages. */
  state(): Named {
    return this.#trained;
  }

  /** Goes on from a checkpoint, whose averages the parameters hold; none of them begins with the first step. */
  load(trained: Named, isBegun: boolean): void {
    this.#moving?.load(isBegun);
    this.#putBack(trained);
  }

  #putBack(trained: Named): void {
    copyState("these are not the weights that were trained", this.#byStoredName(), trained);
  }

  #byStoredName(): Named {
    return new Map([...this.#params].map(([name, p]) => [`${TRAINED}${name}`, p]));
  }

  #forgetTrained(): void {
    for (const t of this.#trained.values()) t.dispose();
    this.#trained = new Map();
  }

  [Symbol.dispose](): void {
    this.#forgetTrained();
    this.#moving?.[Symbol.dispose]();
  }
}

/** A checkpoint's tensors beside the model: the optimizer's state, and the trained weights where the model holds averages. */
export function splitState(stored: Named): { readonly optimizer: Named; readonly trained: Named } {
  const isTrained = ([name]: readonly [string, Tensor]) => name.startsWith(TRAINED);
  return {
    optimizer: new Map([...stored].filter((each) => !isTrained(each))),
    trained: new Map([...stored].filter(isTrained)),
  };
}

/** The averages that an optimizer makes by itself, or moving ones of a decay; null: the weights themselves are used. */
export function weightAverage(params: Named, optimizer: Optimizer, emaDecay: number): WeightAverage | null {
  const { averages } = optimizer;
  if (averages !== undefined) return new WeightAverage(params, averages.bind(optimizer), null);
  if (emaDecay === 0) return null;
  const moving = new MovingAverage(params, emaDecay);
  return new WeightAverage(params, () => moving.averages(), moving);
}
