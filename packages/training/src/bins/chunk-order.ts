import { z } from "zod";
import { at } from "@trainer/disk";
import { sharesAt, type SourceWeight } from "./mixture.js";
import { permutation } from "../corpus/permutation.js";

const count = z.int().min(0);

/** Place in one of several texts: chunks taken in its epoch, and tokens that its share is ahead of what it gave. */
export const SourcePlace = z.strictObject({ epoch: count, position: count, chunks: z.int().min(1), due: z.number() });
export type SourcePlace = z.infer<typeof SourcePlace>;

/** Text that rows are drawn from. */
export interface DrawnText {
  /** Number of its chunks. */
  readonly count: number;
  /** Tokens of a chunk. */
  valid(i: number): number;
  /** Its chunks from those of short documents on; null: its first epoch is in a random order too. */
  readonly byLength: ArrayLike<number> | null;
}

/** A chunk of one of the texts. */
export interface Drawn {
  readonly source: number;
  readonly chunk: number;
}

/** Where a batch begins. */
export interface Beginning {
  readonly epoch: number;
  /** Chunks of the epoch before it. */
  readonly before: number;
  readonly sources: readonly SourcePlace[];
}

/** Decides which chunks a batch is made of: by what it is given alone, so that whoever goes on from there draws the same. */
export interface ChunkOrder {
  /** Places at the beginning; none where no texts are mixed. */
  readonly start: readonly SourcePlace[];
  /** True if what is drawn depends on how far the run is. */
  readonly changes: boolean;
  /** @param progress how far the run is, from 0 to 1 */
  draw(rows: number, from: Beginning, seed: number, progress: number): DrawnRows;
}

interface DrawnRows {
  readonly drawn: readonly Drawn[];
  readonly sources: readonly SourcePlace[];
}

/** Parts of a first epoch by length that are in a random order each. */
const PARTS = 10;

/** The order of a text's chunks in an epoch, by a name that fixes it. */
function epochOrder({ count: chunks, byLength }: DrawnText, epoch: number, name: string): (place: number) => number {
  if (epoch > 0 || byLength === null) return permutation(chunks, `${name}:${epoch}`);
  const size = Math.ceil(chunks / PARTS);
  const parts = Array.from({ length: Math.ceil(chunks / size) }, (_, i) =>
    permutation(Math.min(size, chunks - i * size), `${name}:part:${i}`),
  );
  return (place) => {
    const part = Math.floor(place / size);
    return at(byLength, part * size + at(parts, part)(place - part * size));
  };
}

/** The last order that was asked for of a text, which costs more than to draw by it. */
class EpochOrders {
  #last: { readonly name: string; readonly epoch: number; readonly order: (place: number) => number } | null = null;

  constructor(private readonly text: DrawnText) {}

  of(epoch: number, name: string): (place: number) => number {
    if (this.#last?.epoch !== epoch || this.#last.name !== name)
      this.#last = { name, epoch, order: epochOrder(this.text, epoch, name) };
    return this.#last.order;
  }
}

/** Every chunk of one text, once an epoch. */
export class WholeOrder implements ChunkOrder {
  readonly start = [];
  readonly changes = false;
  readonly #orders: EpochOrders;

  /** @param shuffle false: in the order of the text */
  constructor(
    text: DrawnText,
    private readonly shuffle: boolean,
  ) {
    this.#orders = new EpochOrders(text);
  }

  draw(rows: number, { epoch, before }: Beginning, seed: number): DrawnRows {
    const order = this.shuffle ? this.#orders.of(epoch, `batches:${seed}`) : (place: number) => place;
    return {
      drawn: Array.from({ length: rows }, (_, row) => ({ source: 0, chunk: order(before + row) })),
      sources: [],
    };
  }
}

/**
 * Rows of weighted texts: each comes from the text that lags most behind its share of the tokens so far, so that every
 * stretch of rows has the shares as closely as whole rows can. Each text goes through epochs of its own.
 */
export class MixedOrder implements ChunkOrder {
  readonly start: readonly SourcePlace[];
  readonly changes: boolean;
  readonly #orders: readonly EpochOrders[];

  constructor(
    private readonly texts: readonly DrawnText[],
    private readonly weights: readonly SourceWeight[],
    private readonly seqLen: number,
  ) {
    this.start = texts.map(({ count: chunks }) => ({ epoch: 0, position: 0, chunks, due: 0 }));
    this.changes = weights.some(({ from, to }) => from !== to);
    this.#orders = texts.map((text) => new EpochOrders(text));
  }

  draw(rows: number, { sources: before }: Beginning, seed: number, progress: number): DrawnRows {
    const sources = before.map((place) => ({ ...place }));
    const shares = sharesAt(this.weights, progress);
    const drawn = Array.from({ length: rows }, (): Drawn => {
      const wanted = sources.map(({ due }, i) => due + at(shares, i) * this.seqLen);
      const source = wanted.indexOf(Math.max(...wanted));
      const place = at(sources, source);
      if (place.position === place.chunks) {
        place.epoch += 1;
        place.position = 0;
      }
      const chunk = at(this.#orders, source).of(place.epoch, `batches:${seed}:source:${source}`)(place.position);
      place.position += 1;
      const tokens = at(this.texts, source).valid(chunk);
      for (const [i, each] of sources.entries()) each.due += at(shares, i) * tokens;
      place.due -= tokens;
      return { source, chunk };
    });
    return { drawn, sources };
  }
}
