import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Framing } from "./frame-documents.js";

const id = fc.integer({ min: 10, max: 99 });
const document = fc.array(id, { minLength: 1, maxLength: 6 });
const around = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 });

/** Documents cut into batches at these places, the pieces of one in as many as it takes. */
function batchesOf(documents: readonly (readonly number[])[], cuts: ReadonlySet<number>) {
  const batches: { pieces: number[][]; continued: boolean; open: boolean }[] = [];
  let current: number[][] = [];
  let continued = false;
  let at = 0;
  const emit = (open: boolean) => {
    if (current.length > 0) batches.push({ pieces: current, continued, open });
    current = [];
    continued = open;
  };
  for (const ids of documents) {
    current.push([]);
    for (const [i, each] of ids.entries()) {
      current.at(-1)?.push(each);
      at += 1;
      if (cuts.has(at) && i + 1 < ids.length) {
        emit(true);
        current.push([]);
      }
    }
    if (cuts.has(at)) emit(false);
  }
  emit(false);
  return batches;
}

test("each document has its frame once, however it is cut into batches, and end-of-text where the frame has no end", () => {
  fc.assert(
    fc.property(
      fc.array(document, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(30)),
      fc.record({ before: around, after: around }),
      fc.option(fc.integer({ min: 0, max: 3 })),
      fc.boolean(),
      (documents, cuts, frame, eos, wide) => {
        const framing = new Framing(frame, eos);
        const found = batchesOf(documents, new Set(cuts)).flatMap(({ pieces, continued, open }) => {
          const encoded = pieces.map((ids) => (framing.eos === null ? ids : [...ids, framing.eos]));
          const counts = Uint32Array.from(encoded, ({ length }) => length);
          const ids = wide ? Uint32Array.from(encoded.flat()) : Uint16Array.from(encoded.flat());
          return Array.from(framing.framed({ ids, counts }, { continued, open }, "train"));
        });
        const end = frame.after.length > 0 || eos === null ? frame.after : [eos];
        const shared = frame.before.length === 1 && frame.before[0] === end.at(-1);
        const wanted = documents.flatMap((ids, i) => [...(shared && i > 0 ? [] : frame.before), ...ids, ...end]);
        expect(found).toEqual(wanted);
      },
    ),
  );
});

test("texts that are written side by side each begin by themselves", () => {
  const framing = new Framing({ before: [3], after: [] }, 3);
  const batch = { ids: Uint16Array.of(10, 3, 11, 3), counts: Uint32Array.of(2, 2) };
  const whole = { continued: false, open: false };
  expect([...framing.framed(batch, whole, "train")]).toEqual([3, 10, 3, 11, 3]);
  expect([...framing.framed(batch, whole, "test")]).toEqual([3, 10, 3, 11, 3]);
  expect([...framing.framed(batch, whole, "train")]).toEqual([10, 3, 11, 3]);
});
