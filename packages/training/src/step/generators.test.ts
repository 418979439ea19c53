import { manualSeed, randn } from "@trainer/torch";
import { expect, test } from "vitest";
import { restoreGenerators, saveGenerators } from "./generators.js";

test("a generator put back draws what it drew", () => {
  manualSeed(1);
  const states = saveGenerators("cpu");
  const first = randn([4]).toArray();
  expect(randn([4]).toArray()).not.toEqual(first);
  restoreGenerators(states);
  expect(randn([4]).toArray()).toEqual(first);
  expect(Object.keys(states)).toEqual(["cpu"]);
});
