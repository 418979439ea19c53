import type { Evaluation } from "@trainer/training";
import { expect, test } from "vitest";
import { style } from "../display/style.js";
import { evaluationJson, lengthsLine, report } from "./eval.js";

test("lengths are a range with a mean, one number where all are equal, and nothing where they are not known", () => {
  const lengths = { count: 2, min: 3, mean: 4, max: 5, histogram: [] };
  expect(lengthsLine("documents ", null)).toEqual([]);
  expect(lengthsLine("documents ", lengths)).toEqual([
    expect.stringMatching(/^documents +2 of 3 to 5 tokens, 4 on average$/),
  ]);
  expect(lengthsLine("documents ", { ...lengths, min: 5, mean: 5 })).toEqual([
    expect.stringMatching(/^documents +2 of 5 tokens$/),
  ]);
});

const evaluation: Evaluation = {
  loss: 2,
  perplexity: 7.389,
  bitsPerByte: 1.5,
  bitsPerCharacter: 1.75,
  tokens: 100,
  figures: {},
  split: "test",
  path: null,
  bytes: 400,
  characters: 380,
  documents: 2,
  sampled: false,
  lost: { bytes: 0, unknown_tokens: 0, characters: [] },
  note: null,
  sources: [],
  documentLengths: null,
  stride: null,
  evalTokens: null,
  samples: [],
  sampleLengths: null,
  diversity: { distinct1: null, distinct2: null, repetition4: null },
  comparison: null,
  dir: null,
};

test("an evaluation says whether its text was drawn, and of text that is lost no bits per byte but what is lost", () => {
  const lines = (changes: Partial<Evaluation>) => report({ ...evaluation, ...changes }, style(false)).join("\n");
  expect(lines({})).toMatch(/^text +test split: 100 tokens, 400 bytes\n/);
  expect(lines({})).toMatch(/\nbits per byte +1\.5\d* +per character 1\.75\d*$/);
  const losing = { lost: { bytes: 40, unknown_tokens: 3, characters: ["é"] }, note: "a tenth does not come back" };
  const drawn = lines({ ...losing, sampled: true, path: "/a.txt", bitsPerByte: null, bitsPerCharacter: null });
  expect(drawn).toMatch(/^text +\/a\.txt: 100 tokens, 400 bytes, drawn from more\n/);
  expect(drawn).toMatch(/\nbits per byte +none: a tenth does not come back$/);

  expect(evaluationJson({ ...evaluation, ...losing })).toMatchObject({ lost_bytes: 40, unknown_tokens: 3 });
  expect(evaluationJson(evaluation)).toMatchObject({ lost_bytes: 0, unknown_tokens: 0, regressions: [] });
  expect(evaluationJson({ ...evaluation, lost: null })).toMatchObject({ lost_bytes: null, unknown_tokens: null });
});

test("of pairs of answers loss, accuracy and margin are told, and no perplexity", () => {
  const figures = { "rewards/accuracies": 2 / 3, "rewards/margins": 1.25 };
  const pairs = { ...evaluation, loss: 0.5, perplexity: null, bitsPerByte: null, documents: 3, figures };
  expect(report(pairs, style(false))).toEqual([
    "text           test split: 3 pair(s), 100 tokens of answers",
    "loss           0.5000 per pair",
    "accuracy       66.7 %: pairs whose chosen answer it prefers",
    "margin         1.2500 on average",
  ]);
  expect(evaluationJson(pairs)).toMatchObject({ perplexity: null, figures });
  expect(evaluationJson(evaluation)).not.toHaveProperty("figures");
});

test("of a run that mixes texts each is told", () => {
  const sources = [{ source: "own", loss: 2.5, ppl: 12, bitsPerByte: 1.25, tokens: 1200 }];
  expect(report({ ...evaluation, sources }, style(false))).toContainEqual(
    "of it          own: 1,200 tokens, loss 2.5000, 1.2500 bits per byte",
  );
  expect(evaluationJson({ ...evaluation, sources })).toMatchObject({
    sources: [{ source: "own", loss: 2.5, ppl: 12, bits_per_byte: 1.25, tokens: 1200 }],
  });
  expect(evaluationJson(evaluation)).not.toHaveProperty("sources");
});
