import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MASK } from "./mask.js";
import { ConversationPacker, type Row } from "./pack-conversations.js";

const PAD = 9999;

/** A conversation of so many tokens, each of them its number. */
const conversation = (number: number, length: number) => ({
  ids: Array.from({ length }, () => number),
  mask: Array.from({ length }, (_, i) => (i === 0 ? MASK.begins : MASK.learnt)),
});

test("every conversation is whole in one sequence, in the order of its tokens, and all sequences but the last are full", () => {
  const given = fc.record({
    length: fc.integer({ min: 4, max: 20 }),
    most: fc.integer({ min: 1, max: 4 }),
    sizes: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }),
  });
  fc.assert(
    fc.property(given, ({ length, most, sizes }) => {
      const packer = new ConversationPacker(length, PAD, most);
      const fitting = sizes.filter((size) => size <= length);
      const rows: Row[] = fitting.flatMap((size, i) => packer.add(conversation(i, size)) ?? []);
      rows.push(...packer.end());
      expect(rows.slice(0, -1).every(({ ids }) => ids.length === length)).toBe(true);
      const found = rows.flatMap(({ ids, mask }) =>
        [...new Set(ids.filter((id) => id !== PAD))].map((number) => {
          const [first, last] = [ids.indexOf(number), ids.lastIndexOf(number)];
          expect(mask.slice(first, last + 1)).toEqual(conversation(number, last + 1 - first).mask);
          return [number, last + 1 - first];
        }),
      );
      expect(found.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([...fitting.entries()]);
      for (const { ids, mask } of rows)
        expect(ids.map((id) => id === PAD)).toEqual(mask.map((flag) => flag === MASK.padding));
    }),
  );
});

test("a conversation goes into the fullest sequence that has room, and where too many wait the fullest leaves", () => {
  const packer = new ConversationPacker(10, PAD, 2);
  const added = [7, 5, 3, 6, 4].map((size, i) => packer.add(conversation(i, size))?.ids ?? null);
  // 7 and 3 fill one; 6 fits into none, so that leaves; 5 and 4 share another.
  expect(added).toEqual([null, null, null, [0, 0, 0, 0, 0, 0, 0, 2, 2, 2], null]);
  expect([...packer.end()].map(({ ids }) => ids)).toEqual([
    [3, 3, 3, 3, 3, 3, 4, 4, 4, 4],
    [1, 1, 1, 1, 1],
  ]);
});
