import type { CausalLm } from "@trainer/models";
import type { Tensor } from "@trainer/torch";
import { BatchReader } from "./batch-reader.js";
import { checkFinite } from "./check-finite.js";
import type { DecodingRequest } from "./decoding-request.js";
import type { Sequence } from "./sequence.js";

/** Sequences decoded in one batch: the most for which a row's arithmetic does not depend on the others. */
export const MAX_BATCH_SIZE = 16;

export interface Row {
  readonly sequence: Sequence;
  readonly request: DecodingRequest;
}

/** A batch: sequences join it at any step, and leave it when they have finished or their request is closed. */
export interface Group extends Disposable {
  readonly isEmpty: boolean;
  /** Admits a sequence if there is room. */
  admit(row: Row): boolean;
  /** Reads what comes next, and draws from what is expected. What the model throws fails the requests it was reading for. */
  step(): void;
}

/** A batch of sequences that lie side by side in one cache, to which prompts come that were read one after another. */
export class DecodingGroup implements Group {
  readonly #model: CausalLm;
  readonly #reader: BatchReader;
  /** Rows in the order of the reader's. */
  #rows: readonly Row[] = [];
  #joining: readonly Row[] = [];

  constructor(model: CausalLm) {
    this.#model = model;
    this.#reader = new BatchReader(model);
  }

  get isEmpty(): boolean {
    return [...this.#rows, ...this.#joining].every(hasEnded);
  }

  /** Admits a sequence if there is room: where lengths must not differ, only those of one prompt that begin together. */
  admit(row: Row): boolean {
    if (this.#rows.length + this.#joining.length >= MAX_BATCH_SIZE) return false;
    const isAlike = ({ sequence }: Row) => sequence.prompt === row.sequence.prompt;
    if (this.#model.ragged !== true && !(this.#rows.length === 0 && this.#joining.every(isAlike))) return false;
    this.#joining = [...this.#joining, row];
    return true;
  }

  /**
   * One more token of each sequence, and the first of each that joins. What the model throws fails the requests whose
   * sequences it was reading: those of the batch, or those that join.
   */
  step(): void {
    if (!this.#tries(this.#rows, () => this.#next())) return; // those that join do so at the next step
    const joining = this.#joining.filter((row) => !hasEnded(row));
    this.#joining = [];
    if (joining.length > 0) this.#tries(joining, () => this.#begin(joining));
  }

  #tries(rows: readonly Row[], read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      for (const { request } of rows.filter((row) => !hasEnded(row))) request.fail(error);
      return false;
    }
  }

  #next(): void {
    const going = [...this.#rows.entries()].filter(([, row]) => !hasEnded(row));
    this.#rows = going.map(([, row]) => row);
    this.#reader.next(new Map(going.map(([i, { sequence }]) => [i, sequence.last])), (logits) => {
      for (const [i, row] of this.#rows.entries()) draw(row, logits.select(0, i));
    });
  }

  #begin(joining: readonly Row[]): void {
    const prompts = [...new Set(joining.map(({ sequence }) => sequence.prompt))];
    const groups = prompts.map((ids) => ({ ids, rows: joining.filter(({ sequence }) => sequence.prompt === ids) }));
    const beginnings = groups.map(({ ids, rows }) => ({ ids, sequences: rows.length }));
    const tokens = joining.map(({ sequence: { prompt, options } }) => prompt.length + options.maxNewTokens);
    this.#reader.beginEach(beginnings, Math.max(...tokens), (logits) => {
      this.#rows = [...this.#rows, ...groups.flatMap(({ rows }) => rows)];
      for (const [i, { rows }] of groups.entries()) for (const row of rows) draw(row, logits.select(0, i), checkFinite);
    });
  }

  [Symbol.dispose](): void {
    this.#reader.dispose();
  }
}

export const hasEnded = ({ sequence, request }: Row): boolean => request.closed || sequence.finished !== null;

/** Draws a sequence's next token from logits (V) and writes it; what throws fails its request alone. */
export function draw({ sequence, request }: Row, logits: Tensor, check: (logits: Tensor) => void = () => {}): void {
  try {
    check(logits);
    sequence.draw(logits);
    request.write(sequence);
  } catch (error) {
    request.fail(error);
  }
}
