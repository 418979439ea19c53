import { at } from "@trainer/disk";

/**
 * Texts in one row of tokens, which is read by a mask: each token of what several begin with stands in it once, after the one
 * before it.
 */
export class TextForest {
  readonly ids: number[] = [];
  /** Number of the token before each; -1: none. */
  readonly parents: number[] = [];
  /** How far into its texts each is. */
  readonly depths: number[] = [];
  /** Numbers of each text's tokens, by the text's own number. */
  readonly paths = new Map<number, readonly number[]>();

  /** True if some token does not follow the one that stands before it: it is not one text. */
  get branches(): boolean {
    return this.parents.some((parent, i) => parent !== i - 1);
  }

  /** Adds a text that has its first tokens where another path has them. */
  add(text: number, ids: readonly number[], beginning: readonly number[]): readonly number[] {
    const path = [...beginning];
    for (const id of ids.slice(path.length)) {
      this.parents.push(path.at(-1) ?? -1);
      this.depths.push(path.length);
      path.push(this.ids.push(id) - 1);
    }
    this.paths.set(text, path);
    return path;
  }

  /** Whether the token of a row may look at that of a column, itself and those before it in a text, as (width, width) of 0 and 1. */
  mask(width: number): Uint8Array {
    const mask = new Uint8Array(width * width);
    for (let i = 0; i < width; i += 1) {
      const parent = this.parents[i] ?? -1; // what pads it sees itself
      if (parent >= 0) mask.copyWithin(i * width, parent * width, (parent + 1) * width);
      mask[i * width + i] = 1;
    }
    return mask;
  }
}

/** Forests of at most so many tokens, unless a text alone has more; without `branch` one of each text. */
export function forestsOf(texts: readonly (readonly number[])[], most: number, branch: boolean): TextForest[] {
  const forests: TextForest[] = [];
  let last: { readonly ids: readonly number[]; readonly path: readonly number[] } = { ids: [], path: [] };
  // In this order no text begins with more of any other's tokens than of those of the one before it.
  for (const text of [...texts.keys()].toSorted((a, b) => compare(at(texts, a), at(texts, b)))) {
    const ids = at(texts, text);
    const alike = countAlike(last.ids, ids);
    const forest = forests.at(-1);
    const fits = branch && forest !== undefined && forest.ids.length + ids.length - alike <= most;
    const own = fits ? forest : new TextForest();
    if (!fits) forests.push(own);
    last = { ids, path: own.add(text, ids, fits ? last.path.slice(0, alike) : []) };
  }
  return forests;
}

function countAlike(a: readonly number[], b: readonly number[]): number {
  const different = b.findIndex((id, i) => id !== a[i]);
  return different < 0 ? b.length : different;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const alike = countAlike(a, b);
  return (a[alike] ?? -1) - (b[alike] ?? -1);
}
