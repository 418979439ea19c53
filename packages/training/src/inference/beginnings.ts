import type { KvPages } from "@trainer/models";
import type { Tensor } from "@trainer/torch";

/** Keys and values of a few tokens that follow one another in a text. */
export class Page {
  /** Texts that have it. */
  holders = 1;
  /** What it is found by: the page before it and its ids, once it is full; empty before. */
  key = "";

  constructor(
    readonly number: number,
    readonly kv: Tensor,
  ) {}
}

/** What a full page is found by: all ids up to its end, as the page before it stands for those up to its beginning. */
export const pageKey = (before: Page | undefined, ids: readonly number[]): string =>
  `${before?.number ?? ""}:${ids.join(",")}`;

/**
 * The pages of the texts that a model reads. Full ones are found again, so that texts with one beginning have it together and
 * it is read once: in the time of a text, and up to so many `bytes` after it, of which the longest unused go first.
 */
export class Beginnings implements Disposable {
  readonly pages: KvPages;
  readonly #mostIdle: number;
  readonly #known = new Map<string, Page>();
  /** Known pages that no text has, the longest unused first. */
  readonly #idle = new Map<string, Page>();
  #made = 0;

  constructor(pages: KvPages, bytes: number) {
    this.pages = pages;
    this.#mostIdle = Math.floor(bytes / pages.bytes);
  }

  /** A new page, held by the caller. */
  make(): Page {
    this.#made += 1;
    return new Page(this.#made, this.pages.newPage());
  }

  /** Lets a full page be found. Returns the one that the caller holds from now on: of two alike, that which was first. */
  tell(page: Page, key: string): Page {
    const known = this.find(key);
    if (known !== undefined) {
      this.release([page]);
      return known;
    }
    page.key = key;
    this.#known.set(key, page);
    return page;
  }

  /** The page of that key, held by the caller too. */
  find(key: string): Page | undefined {
    const page = this.#known.get(key);
    if (page !== undefined) this.hold(page);
    return page;
  }

  hold(page: Page): void {
    page.holders += 1;
    this.#idle.delete(page.key);
  }

  /** Lets go of a text's pages. */
  release(pages: readonly Page[]): void {
    // A beginning is used as late as what follows it, and is dropped after it.
    for (const page of pages.toReversed()) {
      page.holders -= 1;
      if (page.holders > 0) continue;
      if (page.key === "") page.kv.dispose();
      else this.#idle.set(page.key, page);
    }
    this.#keep(this.#mostIdle);
  }

  /** Drops all pages without a text but so many. */
  #keep(most: number): void {
    for (const [key, page] of this.#idle) {
      if (this.#idle.size <= most) return;
      this.#idle.delete(key);
      this.#known.delete(key);
      page.kv.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.#keep(0);
    this.pages[Symbol.dispose]();
  }
}
