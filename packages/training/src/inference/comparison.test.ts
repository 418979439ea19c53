import { expect, test } from "vitest";
import { compareMetrics } from "./comparison.js";
import { Metrics } from "./evaluation-files.js";

const metrics = Metrics.parse({
  loss: 2,
  perplexity: 7.4,
  bits_per_byte: 1,
  bits_per_character: 1.1,
  tokens: 100,
  bytes: 300,
  documents: 1,
  split: "test",
  path: null,
  distinct_1: 0.5,
  repetition_4: 0,
});

test("a loss that grew beyond the threshold is a regression, a smaller one and what samples show is none", () => {
  const now = { ...metrics, loss: 2.03, bits_per_byte: 1.005, perplexity: null, distinct_1: 0.1, repetition_4: 0.2 };
  expect(compareMetrics("old", metrics, now, 0.01)).toEqual({
    against: "old",
    sameText: true,
    differences: [
      { metric: "loss", before: 2, now: 2.03, change: 2.03 / 2 - 1, regression: true },
      { metric: "bits_per_byte", before: 1, now: 1.005, change: 1.005 / 1 - 1, regression: false },
      { metric: "bits_per_character", before: 1.1, now: 1.1, change: 0, regression: false },
      { metric: "distinct_1", before: 0.5, now: 0.1, change: 0.1 / 0.5 - 1, regression: false },
      { metric: "repetition_4", before: 0, now: 0.2, change: null, regression: false },
    ],
  });
});

test("a text in other tokens is compared by its bits per byte and character alone", () => {
  const { differences, sameText } = compareMetrics("old", metrics, { ...metrics, tokens: 90, loss: 9 }, 0);
  expect(sameText).toBe(true);
  expect(differences.map(({ metric }) => metric)).toEqual([
    "bits_per_byte",
    "bits_per_character",
    "distinct_1",
    "repetition_4",
  ]);
  expect(compareMetrics("old", metrics, { ...metrics, bytes: 301 }, 0).sameText).toBe(false);
});

test("nothing is said of losses where one tokenizer loses what another has", () => {
  const lossy = { ...metrics, bits_per_byte: null, bits_per_character: null, note: "it loses text" };
  const compared = (before: object, now: object) =>
    compareMetrics("old", { ...lossy, ...before }, { ...lossy, ...now }, 0).differences.map(({ metric }) => metric);
  expect(compared({ lost_bytes: 3 }, { lost_bytes: 3, loss: 1 })).toContain("loss");
  expect(compared({ lost_bytes: 3 }, { lost_bytes: 4, loss: 1 })).toEqual(["distinct_1", "repetition_4"]);
  expect(compared({ unknown_tokens: 0 }, { unknown_tokens: 4, loss: 1 })).toEqual(["distinct_1", "repetition_4"]);
});

test("what did not change is no regression, however small a change would be one", () => {
  const { differences } = compareMetrics("old", metrics, metrics, 0);
  expect(differences.map(({ regression }) => regression)).toEqual(differences.map(() => false));
  const worse = compareMetrics("old", metrics, { ...metrics, loss: 2.0001 }, 0).differences;
  expect(worse.filter(({ regression }) => regression).map(({ metric }) => metric)).toEqual(["loss"]);
});

test("of another text, be it of as many tokens, nothing per token is compared, nor what was not measured before", () => {
  const names = (before: Metrics, now: Metrics) =>
    compareMetrics("old", before, now, 0).differences.map(({ metric }) => metric);
  expect(names(metrics, { ...metrics, bytes: 301 })).not.toContain("loss");
  expect(names({ ...metrics, perplexity: null, distinct_2: null }, { ...metrics, distinct_2: 1 })).toEqual([
    "loss",
    "bits_per_byte",
    "bits_per_character",
    "distinct_1",
    "repetition_4",
  ]);
});
