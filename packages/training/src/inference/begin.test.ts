import { NO_FRAME } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { frameOf, missing } from "./begin.js";

const framed = { tokenizer: { frame: { before: [5, 6], after: [7] } }, startId: 6 };
const plain = { tokenizer: { frame: { before: [], after: [7] } }, startId: 3 };

test("a text has around it what the template says; where that has no begin one may be asked for, or nothing at all", () => {
  expect([frameOf(framed, "auto"), frameOf(framed, "yes"), frameOf(framed, "no")]).toEqual([
    { before: [5, 6], after: [7] },
    { before: [5, 6], after: [7] },
    NO_FRAME,
  ]);
  expect([frameOf(plain, "auto"), frameOf(plain, "yes"), frameOf(plain, "no")]).toEqual([
    { before: [], after: [7] },
    { before: [3], after: [7] },
    NO_FRAME,
  ]);
  expect(frameOf({ ...plain, startId: 0 }, "yes").before).toEqual([0]);
});

test("a begin that there is no token for is refused where it is asked for, and there alone", () => {
  const none = { ...plain, startId: null };
  expect(frameOf(none, "auto")).toEqual({ before: [], after: [7] });
  expect(() => frameOf(none, "yes")).toThrow(
    expect.objectContaining({
      code: "INVALID_INPUT",
      failureClass: "USER_INPUT",
      message:
        "there is no token to begin a text with: the tokenizer names none for the beginning or the end of a text",
    }),
  );
});

test.each([
  ["nothing", [9], [5, 6], [7, 8]],
  ["all of it", [5, 6, 9, 7, 8], [], []],
  ["its begin alone", [5, 6, 9], [], [7, 8]],
  ["its end alone", [9, 7, 8], [5, 6], []],
  ["a part of its begin and of its end", [5, 9, 8], [5, 6], [7, 8]],
  ["its ids in another order", [6, 5, 9, 8, 7], [5, 6], [7, 8]],
  ["no ids", [], [5, 6], [7, 8]],
])("of a frame is added what ids lack, whole: they have %s", (_what, ids, before, after) => {
  expect(missing(ids, { before: [5, 6], after: [7, 8] })).toEqual({ before, after });
});
