import { arange } from "@trainer/torch";
import { expect, test } from "vitest";
import { inPieces, sequencePieces } from "./seq-len-warmup.js";

test("sequences grow from an eighth over halves to their whole length", () => {
  const pieces = Array.from({ length: 8 }, (_, i) => sequencePieces(i + 1, 6, 16));
  expect(pieces).toEqual([8, 8, 4, 4, 2, 2, 1, 1]);
  expect(sequencePieces(0, 6, 16)).toBe(8);
  expect([0, 1, 2].map((step) => sequencePieces(step, 0, 16))).toEqual([1, 1, 1]);
  expect([1, 2].map((step) => sequencePieces(step, 1, 16))).toEqual([2, 1]);
});

test("a length is cut only into equal parts", () => {
  expect([1, 3, 5].map((step) => sequencePieces(step, 6, 12))).toEqual([4, 4, 2]);
  expect(sequencePieces(1, 6, 15)).toBe(1);
});

test("a batch in pieces has the same tokens, their targets and their documents, in more sequences", () => {
  const ids = () => arange(16).view([2, 8]);
  const batch = { inputs: ids(), targets: ids().add(1), tokens: 16 };
  expect(inPieces(batch, 1)).toBe(batch);
  const cut = inPieces({ ...batch, documents: ids().mul(2) }, 4);
  expect(cut.inputs.equal(arange(16).view([8, 2]))).toBe(true);
  expect(cut.targets.equal(cut.inputs.add(1))).toBe(true);
  expect(cut.documents?.equal(cut.inputs.mul(2))).toBe(true);
  expect(cut.tokens).toBe(16);
  expect("documents" in inPieces(batch, 2)).toBe(false);
});
