import { at } from "@trainer/disk";
import type { Place } from "@trainer/models";
import { noGrad, scope } from "@trainer/torch";
import { pageKey, type Beginnings, type Page } from "./beginnings.js";

/** A text whose keys and values lie in pages: what has been read of it, and what is yet to be. */
export class PagedText implements Disposable {
  readonly #beginnings: Beginnings;
  readonly #ids: number[];
  #pages: Page[] = [];
  #length = 0;

  constructor(beginnings: Beginnings, ids: readonly number[]) {
    this.#beginnings = beginnings;
    this.#ids = [...ids];
  }

  get ids(): readonly number[] {
    return this.#ids;
  }

  /** Number of tokens that are not read yet. */
  get unread(): number {
    return this.#ids.length - this.#length;
  }

  push(id: number): void {
    this.#ids.push(id);
  }

  /** Goes past what others have read of the same text, but for its last token, of which the logits are wanted. */
  skip(): void {
    for (;;) {
      const key = this.nextPage();
      const page = key === null || this.unread <= this.#size ? undefined : this.#beginnings.find(key);
      if (page === undefined) return;
      this.#pages.push(page);
      this.#length += this.#size;
    }
  }

  /** What the page to be read next is found by; null if not all of it is there, or some of it is read. */
  nextPage(): string | null {
    if (this.#length % this.#size !== 0 || this.unread < this.#size) return null;
    return pageKey(this.#pages.at(-1), this.#ids.slice(this.#length, this.#length + this.#size));
  }

  /** Of the next `most` tokens as many as end with a page or the text: others then find what was read. */
  whole(most: number): number {
    return most >= this.unread ? this.unread : Math.max(0, most - ((this.#length + most) % this.#size));
  }

  /** The places of the next `count` tokens, which are to be read with their ids. */
  next(count: number): { readonly ids: readonly number[]; readonly places: readonly Place[] } {
    const end = this.#length + count;
    while (this.#pages.length * this.#size < end) this.#pages.push(this.#beginnings.make());
    const pages = this.#pages.map(({ kv }) => kv);
    return {
      ids: this.#ids.slice(this.#length, end),
      places: Array.from({ length: count }, (_, i) => ({ pages, position: this.#length + i })),
    };
  }

  /** The next `count` tokens have been read. */
  advance(count: number): void {
    const from = Math.floor(this.#length / this.#size);
    this.#length += count;
    for (let i = from; (i + 1) * this.#size <= this.#length; i += 1) {
      const key = pageKey(this.#pages[i - 1], this.#ids.slice(i * this.#size, (i + 1) * this.#size));
      this.#pages[i] = this.#beginnings.tell(at(this.#pages, i), key);
    }
  }

  /** Another text that has begun as this one, and goes on by itself. */
  fork(): PagedText {
    const other = new PagedText(this.#beginnings, this.#ids);
    other.#length = this.#length;
    const isFull = (_: Page, i: number) => (i + 1) * this.#size <= this.#length;
    other.#pages = this.#pages.filter(isFull);
    for (const page of other.#pages) this.#beginnings.hold(page);
    for (const page of this.#pages.slice(other.#pages.length)) {
      const copy = this.#beginnings.make();
      scope(() => noGrad(() => copy.kv.copy_(page.kv)));
      other.#pages.push(copy);
    }
    return other;
  }

  get #size(): number {
    return this.#beginnings.pages.tokens;
  }

  [Symbol.dispose](): void {
    this.#beginnings.release(this.#pages);
    this.#pages = [];
  }
}
