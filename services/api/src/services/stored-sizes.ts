import { setTimeout } from "node:timers/promises";
import { storedKinds, type SystemInfo } from "@trainer/platform";
import { binsFolder, measure, type Home } from "@trainer/training/files";

type Stored = NonNullable<SystemInfo["stored"]>;

export interface StoredSizesOptions {
  readonly home: Home;
  /** Folder of the texts that requests may name. */
  readonly texts: string;
  /** How old sizes may be, and how long a client waits for new ones; then it gets the old ones. */
  readonly freshMs?: number;
  readonly waitMs?: number;
}

/** What each part of a home takes up. A home may hold very many files: they are measured now and then, by one at a time. */
export class StoredSizes {
  readonly #folders: Readonly<Record<(typeof storedKinds)[number], string>>;
  readonly #freshMs: number;
  readonly #waitMs: number;
  #last: Stored | null = null;
  #measuredAt = -Infinity;
  #measuring: Promise<void> | null = null;

  constructor({ home, texts, freshMs = 60_000, waitMs = 300 }: StoredSizesOptions) {
    const { models: runs, tokenizers, corpusCache: corpus_cache } = home;
    this.#folders = { runs, tokenizers, bins: binsFolder(home), corpus_cache, texts };
    this.#freshMs = freshMs;
    this.#waitMs = waitMs;
  }

  /** The last sizes; null until there are some. */
  async latest(): Promise<Stored | null> {
    if (performance.now() - this.#measuredAt > this.#freshMs) this.#measuring ??= this.#measure();
    if (this.#measuring !== null) {
      const enough = new AbortController();
      const { signal } = enough;
      const late = setTimeout(this.#waitMs, undefined, { ref: false, signal }).catch(() => {});
      await Promise.race([this.#measuring, late]);
      enough.abort();
    }
    return this.#last;
  }

  /** Something was removed: the next look measures anew. */
  forget(): void {
    this.#measuredAt = -Infinity;
  }

  async #measure(): Promise<void> {
    const begun = performance.now();
    try {
      const last: Stored = [];
      for (const kind of storedKinds) {
        const { bytes, files } = await measure(this.#folders[kind]);
        last.push({ kind, bytes, files });
      }
      this.#last = last;
    } catch {
      // a folder that may not be read: what was known before stays
    }
    this.#measuredAt = begun;
    this.#measuring = null;
  }
}
