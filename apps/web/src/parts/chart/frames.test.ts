import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inOwnFrame } from "./frames.js";

let frames: (() => void)[];
beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
});
afterEach(() => vi.unstubAllGlobals());

/** What is drawn in each of the frames that come. */
function drawnIn(drawn: string[]): string[][] {
  const each: string[][] = [];
  while (frames.length > 0) {
    frames.splice(0).forEach((frame) => frame());
    each.push(drawn.splice(0));
  }
  return each;
}

test("in a frame one draws, what it asked last, and who asks all the time keeps nobody from it", () => {
  const drawn: string[] = [];
  const [a, b] = [{}, {}];
  const ask = (key: object, name: string) => inOwnFrame(key, () => drawn.push(name));
  ask(a, "a1");
  ask(b, "b1");
  ask(a, "a2");
  expect(drawnIn(drawn)).toEqual([["a2"], ["b1"]]);
  inOwnFrame(a, () => {
    drawn.push("a3");
    ask(a, "a4");
  });
  ask(b, "b2");
  expect(drawnIn(drawn)).toEqual([["a3"], ["b2"], ["a4"]]);
});

test("a drawing that fails stops no other", () => {
  const drawn: string[] = [];
  inOwnFrame({}, () => {
    throw new Error("no canvas");
  });
  inOwnFrame({}, () => drawn.push("other"));
  expect(() => frames.shift()?.()).toThrow("no canvas");
  expect(drawnIn(drawn)).toEqual([["other"]]);
});
