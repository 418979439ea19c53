/**
 * A model's memory of the tokens it has read, so that the next one costs one token's work: keys and values with
 * attention, the state with a recurrence. Owned by its creator, who disposes of it.
 */
export interface Cache extends Disposable {
  /** Number of sequences. */
  readonly batch: number;
  /** The most tokens it holds of each. */
  readonly capacity: number;
  /** Number of tokens in it: the position of the next one. */
  readonly length: number;
  /** Forgets all but the first `length` tokens, or as few as it can; returns how many are left. */
  truncate(length: number): number;
  /**
   * Makes sequence `row` a copy of sequence `fromRow` of another cache of the same model, and `length` that cache's:
   * where it changes, all rows are to be copied before the next pass.
   */
  copyRow(row: number, from: Cache, fromRow: number): void;
  dispose(): void;
}
