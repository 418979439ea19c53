/**
 * Groups of documents that are nearly equal, by their hashes: who is like one of a group is of it, however little it is like
 * the others. Documents whose hashes are the same are one here, as they are for a split.
 */
export class CopyGroups {
  /** What each is of the same group as, by a way that ends at a hash which stands for itself. */
  readonly #like = new Map<number, number>();
  groups = 0;

  get documents(): number {
    return this.#like.size;
  }

  add(one: number, other: number): void {
    const [first, second] = [this.#join(one), this.#join(other)];
    if (first === second) return;
    this.#like.set(second, first);
    this.groups -= 1;
  }

  /** The hash that stands for the group of each document that is in one. */
  roots(): ReadonlyMap<number, number> {
    return new Map(Array.from(this.#like.keys(), (hash) => [hash, this.#root(hash)]));
  }

  #join(hash: number): number {
    if (this.#like.has(hash)) return this.#root(hash);
    this.#like.set(hash, hash);
    this.groups += 1;
    return hash;
  }

  #root(hash: number): number {
    let root = hash;
    for (;;) {
      const next = Number(this.#like.get(root));
      if (next === root) break;
      this.#like.set(root, Number(this.#like.get(next))); // halves the way for who comes after (Tarjan, van Leeuwen 1984)
      root = next;
    }
    return root;
  }
}
