import { TrainRequest } from "@trainer/platform";
import { expect, test } from "vitest";
import { train } from "./train.js";

test("the least and the most that can be chosen for a training are what the API takes", () => {
  const bounded = train.options.flatMap((option) => ("min_value" in option ? [option] : []));
  expect(bounded.map(({ name }) => name)).toContain("num_epochs");
  for (const { name, min_value: min, max_value: max } of bounded) {
    const takes = (value: unknown) => TrainRequest.safeParse({ corpus_path: "a.txt", [name]: value }).success;
    expect([name, takes(min), max === undefined || takes(max)]).toEqual([name, true, true]);
  }
});
