/** Disposables made so far, in order, until another owns them. (DisposableStack, which Node 20 does not have.) */
export class Disposables implements Disposable {
  #made: Disposable[] = [];

  use<T extends Disposable | null>(value: T): T {
    if (value !== null) this.#made.push(value);
    return value;
  }

  /** The same things with another owner: this one has nothing to dispose of any more. */
  move(): Disposables {
    const moved = new Disposables();
    moved.#made = this.#made.splice(0);
    return moved;
  }

  /** The last made first. */
  [Symbol.dispose](): void {
    for (const value of this.#made.splice(0).reverse()) value[Symbol.dispose]();
  }
}
