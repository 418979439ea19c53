import { expect, test } from "vitest";
import { everyOf, isRewindTarget } from "./rewind-steps.js";

test("a run that may go back has a checkpoint every hundred steps, or as it was asked; another as it was asked", () => {
  const every = (checkpointEvery: number, onDivergence: "tell" | "stop" | "rewind") =>
    everyOf({ checkpointEvery, onDivergence });
  expect([every(0, "rewind"), every(7, "rewind"), every(0, "tell"), every(7, "stop")]).toEqual([100, 7, 0, 7]);
});

test("it may have to go back to the last regular checkpoint of fifty steps ago, and to those since", () => {
  const targets = (now: number) =>
    [0, 10, 20, 25, 40, 60, 80, 100].filter((step) =>
      isRewindTarget(step, now, { checkpointEvery: 20, onDivergence: "rewind" }),
    );
  expect(targets(30)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(targets(100)).toEqual([40, 60, 80, 100]);
  expect(targets(130)).toEqual([80, 100]);
  expect(isRewindTarget(0, 0, { checkpointEvery: 20, onDivergence: "stop" })).toBe(false);
});
