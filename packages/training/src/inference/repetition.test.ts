import { tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { penalize } from "./repetition.js";

test("what was said is divided by the penalty where it is positive, else multiplied, as transformers does", () => {
  const logits = tensor([2, -2, 1, -1, 0], [5]);
  expect(penalize(logits, new Set([0, 1, 4]), 2).toArray()).toEqual([1, -4, 1, -1, 0]);
  expect(penalize(logits, new Set([2]), 0.5).toArray()).toEqual([2, -2, 2, -1, 0]);
  expect(logits.toArray()).toEqual([2, -2, 1, -1, 0]);
});
