import { near } from "@trainer/testing";
import { expect, test } from "vitest";
import { parseTrainOptions } from "../options/options.js";
import { repeated, runSources } from "./run-sources.js";

const count = (tokens: number) => ({ documents: 1, tokens, bytes: 1, measured: null });
const counts = { train: count(400), validation: count(0), test: count(0) };
const bin = (tokens: number) => ({ train: { ...count(tokens), path: "", dtype: "uint16" as const } });
const bins = { sources: [bin(100), bin(300)], counts };
const options = (more: object = {}) => ({
  ...parseTrainOptions({ corpus: ["/a/own", "/a/wiki"], corpusWeights: ["1", "3-1"], ...more }),
  maxSeqLen: 8,
});

test("each text is gone through by its share of the run's tokens, which a run that ends by time does not know", () => {
  const plan = { totalSteps: 30, stepsPerEpoch: 10 }; // 1200 tokens, a third and two thirds of them
  expect(runSources(options(), bins, plan)).toEqual([
    { source: "own", path: "/a/own", weight: "1", tokens: 100, planned_epochs: 4, epochs: 0 },
    {
      source: "wiki",
      path: "/a/wiki",
      weight: "3-1",
      tokens: 300,
      planned_epochs: near(8 / 3, 9),
      epochs: 0,
    },
  ]);
  const byTime = runSources(options({ maxSeconds: 60 }), bins, plan);
  expect(byTime.map((source) => source.planned_epochs)).toEqual([null, null]);
  expect(runSources(options({ corpusWeights: null }), bins, plan)).toEqual([]);
});

test("a text that is gone through more than four times is warned of, where that is known", () => {
  const of = (planned: number | null) => ({
    source: "own",
    path: "/own",
    weight: "1",
    tokens: 9,
    epochs: 0,
    planned_epochs: planned,
  });
  const warned = repeated([of(4), of(4.06), of(null)]);
  expect(warned).toEqual([
    expect.stringMatching(/^own will be gone through 4\.1 times; .* less weight, or more text$/),
  ]);
});
