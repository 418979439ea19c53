import { build, gpt2, gpt2Config, type KvPages } from "@trainer/models";
import { memoryStats } from "@trainer/torch";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Beginnings } from "./beginnings.js";
import { PagedText } from "./paged-text.js";

const model = build(gpt2, gpt2Config({ vocabSize: 90, nPositions: 200, nEmbd: 8, nLayer: 1, nHead: 1 }), { seed: 1 });
function newPages(): KvPages {
  const pages = model.newPages?.();
  if (!pages) throw new Error("no pages");
  return pages;
}
const BYTES = newPages().bytes;

const ids = (length: number, salt = 0) => Array.from({ length }, (_, i) => (i * 7 + salt) % 90);

let before = 0;
beforeEach(() => {
  before = memoryStats().liveTensors;
});
afterEach(() => {
  if (memoryStats().liveTensors !== before) throw new Error("a page is left");
});

/** Reads a text to its end; returns how many tokens had to be read. */
function readAll(text: PagedText): number {
  text.skip();
  const count = text.unread;
  text.next(count);
  text.advance(count);
  return count;
}

test("texts with one beginning have its full pages together, and the last token is always read", () => {
  using beginnings = new Beginnings(newPages(), 0);
  using first = new PagedText(beginnings, ids(40));
  expect(readAll(first)).toBe(40);
  using same = new PagedText(beginnings, ids(40));
  expect(readAll(same)).toBe(8);
  using exact = new PagedText(beginnings, ids(32));
  expect(readAll(exact)).toBe(16); // or its logits would not be known
  using longer = new PagedText(beginnings, [...ids(32), 1, 2, 3]);
  expect(readAll(longer)).toBe(3);
  using other = new PagedText(beginnings, [...ids(16), 89, ...ids(30)]);
  expect(readAll(other)).toBe(31);
  using elsewhere = new PagedText(beginnings, [5, ...ids(39)]); // the same ids at other places
  expect(readAll(elsewhere)).toBe(40);
  // Pages that are full while a text is written are found as well.
  for (let i = 0; i < 8; i += 1) {
    first.push(i);
    expect(readAll(first)).toBe(1);
  }
  using written = new PagedText(beginnings, [...ids(40), 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(readAll(written)).toBe(1);
});

test("of two that read the same at one time, one page is left", () => {
  using beginnings = new Beginnings(newPages(), 0);
  using first = new PagedText(beginnings, ids(33));
  using second = new PagedText(beginnings, ids(33));
  first.next(33);
  second.next(33);
  const both = memoryStats().liveTensors;
  first.advance(33);
  second.advance(33);
  expect(memoryStats().liveTensors).toBe(both - 2);
  using third = new PagedText(beginnings, ids(40));
  expect(readAll(third)).toBe(8);
});

test("a text that forks goes on by itself from a copy of what is not full", () => {
  using beginnings = new Beginnings(newPages(), 0);
  using text = new PagedText(beginnings, ids(20));
  readAll(text);
  const live = memoryStats().liveTensors;
  using fork = text.fork();
  expect(memoryStats().liveTensors).toBe(live + 1);
  const [own, copied] = [text, fork].map((each) => {
    each.push(3);
    return each.next(1).places[0]?.pages ?? [];
  });
  expect([own?.length, copied?.[0] === own?.[0], copied?.[1] === own?.[1]]).toEqual([2, true, false]);
  expect([fork.ids, fork.unread]).toEqual([text.ids, 1]);
});

test("a part that is read ends with a page or the text", () => {
  using beginnings = new Beginnings(newPages(), 0);
  using text = new PagedText(beginnings, ids(40));
  expect([64, 40, 39, 32, 31, 16, 15, 0].map((most) => text.whole(most))).toEqual([40, 40, 32, 32, 16, 16, 0, 0]);
  text.next(16);
  text.advance(16);
  expect([24, 23, 15].map((most) => text.whole(most))).toEqual([24, 16, 0]);
});

test("what texts have left is kept up to so many bytes, and the longest unused goes first, from its end", () => {
  using beginnings = new Beginnings(newPages(), 3 * BYTES + 1);
  const read = (length: number, salt: number) => {
    using text = new PagedText(beginnings, ids(length, salt));
    return readAll(text);
  };
  const empty = memoryStats().liveTensors;
  expect(read(40, 0)).toBe(40); // two full pages, which stay, and a part, which does not
  expect(memoryStats().liveTensors).toBe(empty + 2);
  expect(read(17, 1)).toBe(17);
  expect(memoryStats().liveTensors).toBe(empty + 3);
  expect(read(40, 0)).toBe(8);
  expect(read(17, 2)).toBe(17); // in the place of that with 1
  expect(memoryStats().liveTensors).toBe(empty + 3);
  expect(read(17, 3)).toBe(17); // in the place of the second page of that with 0
  expect(read(17, 0)).toBe(1);
  expect(read(17, 1)).toBe(17);
});

test("of nothing that is kept, no page outlives its text", () => {
  using beginnings = new Beginnings(newPages(), BYTES - 1);
  const empty = memoryStats().liveTensors;
  const text = new PagedText(beginnings, ids(40));
  readAll(text);
  expect(memoryStats().liveTensors).toBe(empty + 3);
  text[Symbol.dispose]();
  text[Symbol.dispose]();
  expect(memoryStats().liveTensors).toBe(empty);
});
