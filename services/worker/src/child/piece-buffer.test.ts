import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Piece } from "./messages.js";
import { PieceBuffer } from "./piece-buffer.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const piece = (text: string, sequence = 0): Piece => ({ sequence, text });

test("the first piece is sent at once, and later ones joined by sequence", () => {
  const sent: Piece[] = [];
  const buffer = new PieceBuffer((each) => sent.push(each));
  buffer.push(piece("a"));
  expect(sent).toEqual([piece("a")]);
  for (const each of [piece("b"), piece("x", 1), piece("c")]) buffer.push(each);
  expect(sent).toHaveLength(1);
  vi.advanceTimersByTime(20);
  expect(sent.slice(1)).toEqual([piece("bc"), piece("x", 1)]);
  vi.advanceTimersByTime(20);
  buffer.push(piece("d")); // after a pause it is the first again
  expect(sent.at(-1)).toEqual(piece("d"));
  buffer.end();
});

test("what is left is sent when the answer ends, and nothing afterwards", () => {
  const sent: Piece[] = [];
  const buffer = new PieceBuffer((each) => sent.push(each));
  for (const each of ["a", "b", "c"]) buffer.push(piece(each));
  buffer.end();
  expect(sent).toEqual([piece("a"), piece("bc")]);
  expect(vi.getTimerCount()).toBe(0);
  new PieceBuffer((each) => sent.push(each)).end();
  expect(sent).toHaveLength(2);
});
