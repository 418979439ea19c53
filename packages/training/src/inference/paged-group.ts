import { logitsOf, type CausalLm } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import type { Beginnings } from "./beginnings.js";
import { checkFinite } from "./check-finite.js";
import { draw, hasEnded, type Group, type Row } from "./decoding-group.js";
import { PagedText } from "./paged-text.js";
import { halfWindow } from "./window.js";

/** Tokens of one pass: the most for which a token's arithmetic does not depend on the others. */
const PASS = 64;
/** Sequences of a group: half of a pass is left for prompts. */
const MOST = PASS / 2;
/** Tokens of a pass that are kept for the prompt that has waited longest. */
const FOR_OLDEST = 16;

/** A text, and the sequences that go on from it: several while a prompt of theirs is read, then one. */
interface Reading {
  readonly text: PagedText;
  readonly rows: readonly Row[];
}

/** Tokens of a text that a pass reads. */
interface Stretch {
  readonly reading: Reading;
  readonly count: number;
}

/**
 * A batch of sequences whose keys and values lie in pages. A pass reads the last token of each sequence that is under way, and
 * of prompts as much as there is room for: none waits for the end of another. A token's logits depend on the text up to it
 * alone, to the bit.
 */
export class PagedGroup implements Group {
  readonly #model: CausalLm;
  readonly #beginnings: Beginnings;
  #readings: readonly Reading[] = [];

  constructor(model: CausalLm, beginnings: Beginnings) {
    this.#model = model;
    this.#beginnings = beginnings;
  }

  get isEmpty(): boolean {
    return this.#rows.every(hasEnded);
  }

  get #rows(): readonly Row[] {
    return this.#readings.flatMap(({ rows }) => rows);
  }

  /** Admits a sequence if there is room. Those of one prompt read it together. */
  admit(row: Row): boolean {
    if (this.#rows.length >= MOST) return false;
    const { prompt } = row.sequence;
    const isSame = ({ text, rows }: Reading) => text.unread > 0 && rows.every(isNew) && isEqual(text.ids, prompt);
    const same = this.#readings.find(isSame);
    if (same === undefined) {
      this.#readings = [...this.#readings, { text: new PagedText(this.#beginnings, prompt), rows: [row] }];
    } else this.#replace(same, [{ ...same, rows: [...same.rows, row] }]);
    return true;
  }

  /** One pass. What the model throws fails the requests whose texts it was reading. */
  step(): void {
    this.#dropEnded();
    const stretches = this.#nextStretches();
    if (stretches.length === 0) return;
    try {
      scope(() => noGrad(() => this.#read(stretches)));
    } catch (error) {
      for (const { request } of stretches.flatMap(({ reading }) => reading.rows)) request.fail(error);
    }
  }

  #dropEnded(): void {
    for (const reading of this.#readings) {
      const rows = reading.rows.filter((row) => !hasEnded(row));
      if (rows.length === 0) reading.text[Symbol.dispose]();
      this.#replace(reading, rows.length === 0 ? [] : [{ ...reading, rows }]);
    }
  }

  #replace(reading: Reading, by: readonly Reading[]): void {
    this.#readings = this.#readings.flatMap((other) => (other === reading ? by : [other]));
  }

  /**
   * First the tokens that were drawn last, then a part of the prompt that has waited longest, then the shortest prompts. A
   * page that another text reads in the same pass is waited for, and then had from it.
   */
  #nextStretches(): Stretch[] {
    for (const { text } of this.#readings) text.skip();
    const shortest = this.#readings.toSorted((a, b) => a.text.unread - b.text.unread);
    const drawn = shortest.filter(({ text }) => text.unread === 1);
    const oldest = this.#readings.filter(({ text }) => text.unread > 1).slice(0, 1);
    const counts = new Map<Reading, number>();
    const pages = new Set<string>();
    let room = PASS;
    const give = (reading: Reading, most: number): void => {
      const had = counts.get(reading) ?? 0;
      const page = reading.text.nextPage();
      if (had === 0 && page !== null && pages.has(page)) return;
      const count = reading.text.whole(had + Math.min(room, most));
      if (count === 0) return;
      counts.set(reading, count);
      room -= count - had;
      if (page !== null) pages.add(page);
    };
    for (const reading of drawn) give(reading, 1);
    for (const reading of oldest) give(reading, FOR_OLDEST);
    for (const reading of shortest) if (reading.text.unread > 1) give(reading, PASS);
    return [...counts].map(([reading, count]) => ({ reading, count }));
  }

  #read(stretches: readonly Stretch[]): void {
    const parts = stretches.map(({ reading, count }) => reading.text.next(count));
    const ids = parts.flatMap((part) => part.ids);
    const input = tensor(ids, [ids.length, 1], { dtype: "int64" });
    const cache = this.#beginnings.pages.pass(parts.flatMap(({ places }) => places));
    const hidden = this.#model.hidden(input, { training: false, cache }).select(1, 0); // (N, C)
    const read: { readonly reading: Reading; readonly last: number }[] = [];
    let end = 0;
    for (const { reading, count } of stretches) {
      end += count;
      reading.text.advance(count);
      if (reading.text.unread === 0) read.push({ reading, last: end - 1 });
    }
    if (read.length === 0) return;
    const last = tensor(
      read.map(({ last }) => last),
      [read.length],
      { dtype: "int64" },
    );
    const logits = logitsOf(this.#model, hidden.indexSelect(0, last)); // (texts, V)
    for (const [i, { reading }] of read.entries()) this.#goOn(reading, logits.select(0, i));
  }

  /** Draws the next token of each sequence of a text that has been read; each has a text of its own from then on. */
  #goOn(reading: Reading, logits: Tensor): void {
    const { text, rows } = reading;
    for (const row of rows) draw(row, logits, isNew(row) ? checkFinite : undefined);
    const [first, ...others] = rows.filter((row) => !hasEnded(row));
    if (first === undefined) return; // dropped at the next step
    const parted = others.map((row) => ({ text: text.fork(), row }));
    this.#replace(
      reading,
      [{ text, row: first }, ...parted].map(({ text: own, row }) => ({
        text: this.#follow(own, row.sequence.last),
        rows: [row],
      })),
    );
  }

  /** The text with one token more; of one that has filled the context, its last half anew. */
  #follow(text: PagedText, token: number): PagedText {
    text.push(token);
    const { contextLength } = this.#model;
    if (text.ids.length <= contextLength) return text;
    text[Symbol.dispose]();
    return new PagedText(this.#beginnings, text.ids.slice(-halfWindow(contextLength)));
  }

  [Symbol.dispose](): void {
    for (const { text } of this.#readings) text[Symbol.dispose]();
    this.#readings = [];
  }
}

/** True before a sequence's first token. */
const isNew = ({ sequence }: Row): boolean => sequence.steps === 0;

const isEqual = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i]);
