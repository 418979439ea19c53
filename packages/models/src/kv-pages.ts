import {
  empty,
  keep,
  noGrad,
  pagedAttention,
  scope,
  tensor,
  type Params,
  type Rotation,
  type Tensor,
} from "@trainer/torch";
import type { Cache } from "./cache.js";
import type { CacheSize } from "./kv-caches.js";
import { KvCache } from "./kv-cache.js";

/** Tokens of a page. */
const PAGE = 16;

/** A token's place: in the pages of its sequence, the first of which are full. */
export interface Place {
  readonly pages: readonly Tensor[];
  readonly position: number;
}

/**
 * Keys and values in pages of a few tokens (PagedAttention: Kwon et al. 2023). Sequences have as many as their length asks
 * for, those with one beginning may have its pages together, and one pass reads any number of tokens of any of them: each
 * token comes out the same whatever is read beside or before it, to the bit.
 */
export class KvPages implements Disposable {
  readonly #shape: readonly number[];
  readonly #rotation: Rotation | null;

  /** @param rotationOf the rotation of each position; null of models that do not turn queries and keys */
  constructor({ layers, heads, headSize }: CacheSize, rotationOf: () => Rotation | null) {
    this.#shape = [layers, 2, heads, PAGE, headSize];
    this.#rotation = scope(() => noGrad(rotationOf));
    for (const table of tablesOf(this.#rotation)) keep(table);
  }

  /** Tokens of a page. */
  get tokens(): number {
    return PAGE;
  }

  /** Size of a page. */
  get bytes(): number {
    return this.#shape.reduce((product, size) => product * size, 4);
  }

  /** A page of nothing yet: (layers, 2, nkv, P, hs). Owned by the caller, who disposes of it. */
  newPage(): Tensor {
    return keep(empty(this.#shape));
  }

  /** The cache of one pass, in which each of these tokens is a sequence of one: ids (N, 1). It goes with the scope. */
  pass(tokens: readonly Place[]): Cache {
    return new PagedPass(tokens, this.#rotation);
  }

  [Symbol.dispose](): void {
    for (const table of tablesOf(this.#rotation)) table.dispose();
  }
}

const tablesOf = (rotation: Rotation | null): Tensor[] => (rotation === null ? [] : [rotation.cos, rotation.sin]);

/** What a pass reads and writes of pages that others own. */
class PagedPass extends KvCache {
  override readonly lengths: Tensor; // each token's position
  readonly #pages: readonly Tensor[];
  readonly #table: Tensor;

  constructor(
    tokens: readonly Place[],
    override readonly rotation: Rotation | null,
  ) {
    super({ layers: 0, batch: tokens.length, heads: 0, capacity: 1, headSize: 0, device: "cpu", dtype: "float32" });
    const numbers = new Map<Tensor, number>();
    const numberOf = (page: Tensor): number => {
      const number = numbers.get(page) ?? numbers.size;
      numbers.set(page, number);
      return number;
    };
    const width = Math.max(...tokens.map(({ pages }) => pages.length));
    const table = tokens.flatMap(({ pages }) => [
      ...pages.map(numberOf),
      ...Array.from({ length: width - pages.length }, () => 0),
    ]);
    this.#pages = [...numbers.keys()];
    this.#table = tensor(table, [tokens.length, width], { dtype: "int64" });
    this.lengths = tensor(
      tokens.map(({ position }) => position),
      [tokens.length],
      { dtype: "int64" },
    );
  }

  override attend(layer: number, q: Tensor, k: Tensor, v: Tensor): Tensor {
    return pagedAttention(q, k, v, { pages: this.#pages, layer, table: this.#table, positions: this.lengths });
  }
}

/**
 * `newPages` of a network with attention, as `kvCaches` is its `newCache`. There are none, and sequences are read in caches
 * of their own, elsewhere than on the CPU in float32, and without a `rotationOf`.
 */
export const kvPages =
  (
    params: Params,
    size: CacheSize,
    contextLength: number,
    rotationOf: ((capacity: number) => Rotation | null) | null = () => null,
  ) =>
  (): KvPages | null =>
    params.device === "cpu" && params.dtype === "float32" && rotationOf !== null
      ? new KvPages(size, () => rotationOf(contextLength))
      : null;
