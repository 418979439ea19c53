import { aten, keep, noGrad, raggedAttention, scope, tensor, zeros, type Rotation, type Tensor } from "@trainer/torch";
import { KvCache, type KvCacheShape } from "./kv-cache.js";

/**
 * Keys and values of sequences that differ in length. The lengths are a tensor on the device, where positions are looked
 * up: what reads one more token of each sequence is the same work at every step, and can be captured once and replayed.
 * Sequences come by `copyRow` from caches that read them; here each gets one token at a time.
 */
export class RaggedKvCache extends KvCache {
  /** Capped at `capacity - 1`: a full sequence that is read on, beside others, overwrites its last place. */
  override readonly lengths: Tensor;
  override readonly rotation: Rotation | null;
  readonly #lengths: number[];

  /** @param rotationOf the rotation of each position, (capacity, hs); null of models that do not turn queries and keys */
  constructor(shape: KvCacheShape, rotationOf: () => Rotation | null) {
    super(shape, zeros); // places not written yet are read too, with a weight of 0, which a NaN would survive
    this.#lengths = Array.from({ length: shape.batch }, () => 0);
    this.lengths = keep(zeros([shape.batch], { dtype: "int64", device: shape.device }));
    this.rotation = scope(rotationOf);
    if (this.rotation !== null) for (const table of [this.rotation.cos, this.rotation.sin]) keep(table);
  }

  /** The longest sequence's. */
  override get length(): number {
    return Math.max(...this.#lengths);
  }

  override lengthOf(row: number): number {
    return this.#lengths[row] ?? 0;
  }

  override append(_layer: number, k: Tensor): never {
    throw new RangeError(
      `a cache of sequences that differ in length takes one token of each at a time, not ${k.size(2)}: read them in a cache of their own and copy them`,
    );
  }

  override attend(layer: number, q: Tensor, k: Tensor, v: Tensor): Tensor {
    const { k: keys, v: values } = this.layer(layer);
    return raggedAttention(q, k, v, { keys, values, lengths: this.lengths });
  }

  override advance(tokens: number): void {
    for (const [row, length] of this.#lengths.entries()) this.#lengths[row] = Math.min(length + tokens, this.capacity);
    aten.clamp_(this.lengths.add_(tokens), 0, this.capacity - 1);
  }

  override truncate(length: number): number {
    const most = Math.max(0, length);
    this.setLengths(this.#lengths.map((own) => Math.min(own, most)));
    return this.length;
  }

  /** Sets the number of tokens of each sequence: after a replay, which this object does not see, or to drop some. */
  setLengths(lengths: readonly number[]): void {
    this.#lengths.splice(0, lengths.length, ...lengths);
    const stored = lengths.map((length) => Math.min(length, this.capacity - 1));
    scope(() => noGrad(() => this.lengths.copy_(tensor(stored, [stored.length], { dtype: "int64" }))));
  }

  protected override setLength(row: number, length: number): void {
    this.#lengths[row] = length;
    scope(() => {
      this.lengths.select(0, row).fill_(Math.min(length, this.capacity - 1));
    });
  }

  override dispose(): void {
    super.dispose();
    for (const t of [this.lengths, this.rotation?.cos, this.rotation?.sin]) t?.dispose();
  }
}
