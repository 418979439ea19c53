import { scratch } from "@trainer/testing";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Measured } from "../inference/references.js";
import { learningOf, lossCourseOf, pairWords, verdictOf } from "./verdict.js";

const validations = (...losses: readonly number[]) => losses.map((loss, i) => ({ step: 100 * (i + 1), loss }));

const text = { chance: Math.log(300), isNew: false, arePairs: false };

test.each([
  [
    "overfits",
    [3, 2.5, 2.6, 2.7],
    2.1,
    200,
    "text",
    /^It overfits since step 200: its loss went from 2\.50 up to 2\.70/,
  ],
  ["knows its text by heart", [3, 2.5], 2, null, "text", /^It learns its text by heart, with a loss of 2\.50 in val/],
  ["still falls", [3, 2.5], 2.4, null, "steps", /^Its loss, 2\.50 in validation and 2\.40 in training, was still/],
  ["was validated once", [2.5], 2.4, null, "steps", /more steps would help\.$/],
  ["rests", [2.5, 2.499], 2.4, null, "size", /has come to rest: a larger model or more text would help/],
])("of a run that %s the losses say so", (_what, losses, train, overfitsSince, helps, words) => {
  const learning = learningOf({ validations: validations(...losses), train, epoch: 1 }, text);
  expect(learning).toMatchObject({ overfitsSince, helps });
  expect(learning.words.join("\n")).toMatch(words);
});

test("by heart is what came more than once and has a loss that frequencies do not give, else the gap is none of it", () => {
  const begun = { validations: validations(8.1, 7.9), train: 6.3, epoch: 3 };
  const ofBegun = learningOf(begun, { ...text, chance: Math.log(4096) });
  expect(ofBegun).toMatchObject({ helps: "steps", words: [expect.stringContaining("was still falling")] });
  const known = { validations: validations(3, 2.5), train: 1.8, epoch: 1 };
  expect(learningOf(known, text).words[0]).toMatch(/by heart/);
  expect(learningOf(known, { ...text, isNew: true }).words[0]).toMatch(/was still falling/);
});

test("of pairs of answers the advice is about pairs, and a lead that a guess may have is told as one", () => {
  const pairs = { chance: Math.LN2, isNew: false, arePairs: true };
  const said = (losses: readonly number[], train: number) =>
    learningOf({ validations: validations(...losses), train, epoch: 1 }, pairs);
  expect(said([0.6, 0.5], 0.2).words).toEqual([
    "It learns its pairs by heart, with a loss of 0.50 in validation and 0.20 in training: more pairs would help most.",
  ]);
  expect(said([0.6, 0.5], 0.4).words[0]).toMatch(/was still falling/);
  expect(said([0.5, 0.5], 0.4)).toMatchObject({
    helps: "text",
    words: [expect.stringMatching(/: more pairs would help/)],
  });
  expect(said([0.5, 0.7], 0.2).words[0]).toMatch(/More pairs or fewer steps would help\.$/);
  const figures = { "rewards/accuracies": 0.75, "rewards/margins": 0.414 };
  const told = "held-out pairs it prefers the chosen answer in 75 %, by a margin of 0.41 on average";
  expect(pairWords(figures, 100)).toBe(`Of 100 ${told}.`);
  expect(pairWords(figures, 16)).toBe(`Of 16 ${told}: a guess could do as well.`);
});

test("nothing is said of a run that was never validated, nor of one without steps", () => {
  const nothing = { overfitsSince: null, helps: null, words: [] };
  expect(learningOf({ validations: [], train: 2, epoch: 1 }, text)).toEqual(nothing);
  expect(learningOf({ validations: validations(2), train: null, epoch: 1 }, text)).toEqual(nothing);
});

const measured: Measured = {
  references: { bytes: 64_000, trainingBytes: 200, gzip: 3, zstd: 2.5, ngram: 2 },
  copied: { longest: "a".repeat(70), share: 0.001 },
};
const rests = { validations: validations(2.5, 2.5), train: 2.4, epoch: 1 };

test("the model stands beside what is simpler, and its samples beside the text", () => {
  const verdict = verdictOf(rests, text, measured, 1.5);
  expect(verdict).toMatchObject({
    overfits_since: null,
    helps: "size",
    references: { bytes: 64_000, training_bytes: 200, gzip: 3, zstd: 2.5, ngram: 2 },
    copied: { share: 0.001 },
  });
  expect(verdict.words.slice(1)).toEqual([
    "Bits per byte: 1.50; gzip 3.00, zstd -19 2.50 and a 5-gram model 2.00, on 64 KB after 1 KB of the training text.",
    `Of its samples 1 % stand in 1 KB of the training text word for word, at most 70 characters in a row: "${"a".repeat(60)}…".`,
  ]);
});

test("a model that is behind them is told what to do; without zstd it is not named, nor anything without own bits", () => {
  const bare = { references: { ...measured.references, zstd: null }, copied: { longest: "", share: 0 } };
  expect(verdictOf(rests, text, bare, 2.2).words.slice(1)).toEqual([
    expect.stringMatching(
      /^Bits per byte: 2\.20; gzip 3\.00 and a 5-gram .*more steps, or a higher rate, would help\.$/,
    ),
    "No span of 24 characters or more of its samples stands in 1 KB of the training text.",
  ]);
  const short = { ...bare, copied: { longest: "never more", share: 0.5 } };
  expect(verdictOf(rests, text, short, null).words.slice(1)).toEqual([
    'Of its samples 50 % stand in 1 KB of the training text word for word, at most 10 characters in a row: "never more".',
  ]);
  expect(verdictOf(rests, text, null, 2)).toMatchObject({
    references: null,
    copied: null,
    words: [expect.stringContaining("come to rest")],
  });
});

test("of long metrics the last megabyte is read, by whole lines", async () => {
  await using dir = await scratch();
  const path = dir.join("metrics.jsonl");
  const line = (step: number) => `${JSON.stringify({ step, train_loss: step, epoch: 2, lr: 1 })}\n`;
  const validation = `${JSON.stringify({ step: 9, split: "validation", loss: 4 })}\n`;
  const others = `${JSON.stringify({ step: 9, split: "test", loss: 5 })}\n${JSON.stringify({ step: 9, split: "validation", loss: null, epoch: 2 })}\n`;
  writeFileSync(path, validation + line(2) + line(4) + others);
  expect(await lossCourseOf(path)).toEqual({ validations: [{ step: 9, loss: 4 }], train: 4, epoch: 2 });
  writeFileSync(path, validation.repeat(30_000) + line(7).repeat(60));
  const { validations: read, train } = await lossCourseOf(path);
  expect(train).toBe(7);
  expect(read.length).toBeGreaterThan(20_000);
  expect(read.length).toBeLessThan(30_000);
  writeFileSync(path, "");
  expect(await lossCourseOf(path)).toEqual({ validations: [], train: null, epoch: 0 });
});
