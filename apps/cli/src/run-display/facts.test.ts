import { expect, test } from "vitest";
import { configEvent, dataEvent, evalEvent, result, sampleEvent, startEvent, stepEvent } from "../../test/events.js";
import { lineOf, percent } from "./facts.js";

test("a run introduces itself", () => {
  expect(lineOf(configEvent)).toBe(
    "run        r1\nfolder     /runs/models/r1\nmodel      gpt2 tiny (cpu, fp32, 2 threads)",
  );
  expect(lineOf({ ...configEvent, threads: 1, fromStep: 1200 })).toBe(
    "run        r1, going on from step 1,200\nfolder     /runs/models/r1\nmodel      gpt2 tiny (cpu, fp32, 1 thread)",
  );
});

test("a tokenizer and token counts are told once they are ready", () => {
  const tokenizer = { type: "tokenizer", tokenizerId: "bpe-1", progress: 1, vocabSize: 4096 } as const;
  expect(lineOf({ ...tokenizer, phase: "ready" })).toBe("tokenizer  bpe-1 (4,096 tokens)");
  expect(lineOf({ ...tokenizer, phase: "merge", vocabSize: null })).toBeNull();
  const whole = { lost_bytes: 0, unknown_tokens: 0 };
  const counts = {
    train: { documents: 90, tokens: 338_000, bytes: 1, asked: 0.84, share: 0.84, ...whole },
    validation: { documents: 1, tokens: 3400, bytes: 1, asked: 0.01, share: 0.0123, ...whole },
    test: { documents: 9, tokens: 60_000, bytes: 1, asked: 0.15, share: null, ...whole },
  };
  expect(lineOf({ type: "data", phase: "ready", counts, cached: false, specialTokens: 0 })).toBe(
    "tokens     train 338k, validation 3.40k (1.2 % of the text), test 60.0k",
  );
  expect(lineOf({ type: "data", phase: "ready", counts, cached: true, specialTokens: 1200 })).toContain(
    "(encoded before); 1,200 special tokens spelled in the text",
  );
  const conversations = { turns: 200, tokens: 338_000, learnt: 120_000, cut: 0, dropped: 0 };
  const chats = { ...counts, train: { ...counts.train, conversations } };
  expect(lineOf({ type: "data", phase: "ready", counts: chats, cached: false, specialTokens: 0 })).toMatch(
    /\nanswers {4}train 90 conversations, 200 turns, 338k tokens, of which 120k are learnt$/,
  );
  expect(lineOf({ type: "evaluating", of: "test", done: 1, batches: 2 })).toBeNull();
  expect(lineOf(dataEvent("encode", 1, 2))).toBeNull();
});

test("a batch size that was found is told", () => {
  expect(lineOf({ type: "batch", batchSize: 96 })).toBe("batch      96 sequences, as many as fit into memory");
});

test("the first text that a model wrote is told as one line, whatever it is", () => {
  expect(lineOf(sampleEvent(1200, "The \u001B[31m two\n\t lines\u0000 漢字"))).toBe(
    "sample at step 1,200: The ␛[31m two lines␀ 漢字",
  );
  expect(lineOf({ ...sampleEvent(5, ""), samples: [] })).toBeNull();
});

test("a profile is a table", () => {
  const limits = { flopsPerSecond: 1e9, bytesPerSecond: 1e9 };
  const profile = { steps: 3, stepMs: 20, dataMs: 1, operators: [], device: null, unseen: null, limits };
  expect(lineOf({ type: "profile", profile })).toMatch(/^profile {4}3 steps of 20\.0 ms/);
});

test("the plan tells parameters, steps and epochs", () => {
  expect(lineOf(startEvent)).toBe(
    "weights    4.30M parameters\nplan       1,500 steps; 500 go through the text once, 3 times in all",
  );
  expect(lineOf({ ...startEvent, epochs: 1 })).toMatch(/once$/);
  expect(lineOf({ ...startEvent, trainableParameters: 12_300 })).toContain("4.30M parameters (12.3k trained)\n");
});

test("answers of a teacher tell what they will take, and what of it is there", () => {
  const event = { type: "teacher", bytes: 258 << 20, keptBytes: 0, bytesPerToken: 258 } as const;
  expect(lineOf(event)).toBe("teacher    its answers are kept: 258 bytes a token, up to 258 MiB");
  expect(lineOf({ ...event, keptBytes: 2 << 20 })).toMatch(/ 258 MiB, of which 2.00 MiB are there$/);
});

test("a step, a validation and a test fit a line each", () => {
  expect(lineOf(stepEvent(240, 4.1234))).toBe(
    "step 240/1,500  16 %  loss 4.1234  ppl 61.769  lr 5.00e-4  grad 0.8312  12.3k tokens/s  1 min 20 s left",
  );
  expect(lineOf({ ...stepEvent(240, 4), gradNorm: Infinity, skippedSteps: 3 })).toMatch(
    /grad Infinity .* left {2}3 skipped$/,
  );
  expect(lineOf(evalEvent(250, 4.5, true))).toBe(
    "validation at step 250: loss 4.5000  ppl 90.017  2.2500 bits per byte  (best so far)",
  );
  expect(lineOf({ ...evalEvent(10, 4.5, false), bitsPerByte: null })).toContain(
    "no bits per byte: its tokens lose text",
  );
  expect(lineOf({ ...evalEvent(1500, 4.5, false), split: "test", weightsStep: 700 })).toContain(
    "test at step 1,500, weights of step 700: loss 4.5000",
  );
  expect(lineOf({ ...evalEvent(1500, 4.5, false), split: "test" })).toBe(
    "test at step 1,500: loss 4.5000  ppl 90.017  2.2500 bits per byte",
  );
});

test("checkpoints and warnings are told, ends are left to the summary", () => {
  const checkpoint = { type: "checkpoint", step: 500, path: "/c", bytes: 52_428_800, seconds: 0.4 } as const;
  expect(lineOf({ ...checkpoint, best: false })).toBe("checkpoint saved at step 500: 50.0 MiB in 0.40 s");
  expect(lineOf({ ...checkpoint, best: true })).toBe("best weights saved at step 500: 50.0 MiB in 0.40 s");
  expect(lineOf({ type: "warning", message: "slow disk" })).toBe("warning: slow disk");
  expect(lineOf({ type: "completed", result })).toBeNull();
});

test("the last percent is for the end", () => {
  expect([percent(0, 200), percent(199, 200), percent(200, 200), percent(0, 0)]).toEqual([0, 99, 100, 100]);
});

test("texts that are mixed are a table with the times that each is gone through, and have a loss each", () => {
  const source = { path: "/own", epochs: 0, tokens: 4741 };
  const sources = [
    { ...source, source: "own\u001B", weight: "0.1-0.9", planned_epochs: 1.5 },
    { ...source, source: "wiki", weight: "0.7", planned_epochs: null },
  ];
  expect(
    lineOf({ ...startEvent, epochs: 1, sources })
      ?.split("\n")
      .slice(1),
  ).toEqual([
    "plan       1,500 steps; 500 have as many tokens as the texts together",
    "SOURCE   WEIGHT  TOKENS   EPOCHS",
    "own␛    0.1-0.9   4.74k   1.5000",
    "wiki        0.7   4.74k  by time",
  ]);
  const figures = { ppl: 1, bitsPerByte: 1, tokens: 9 };
  const each = [
    { source: "own", loss: 2.5, ...figures },
    { source: "wiki", loss: 3, ...figures },
  ];
  expect(lineOf({ ...evalEvent(3, 2.5, true), sources: each })).toMatch(
    /  \(loss of own 2\.5000, wiki 3\.0000\)  \(best so far\)$/,
  );
});

test("of pairs accuracy and margin are told in place of a perplexity", () => {
  const figures = { "rewards/accuracies": 0.75, "rewards/margins": 1.5 };
  expect(lineOf({ ...evalEvent(3, 0.5, false), figures })).toBe(
    "validation at step 3: loss 0.5000  accuracy 75 %  margin 1.5000",
  );
  expect(lineOf({ ...stepEvent(3, 0.5), figures })).toContain("loss 0.5000  accuracy 75 %  margin 1.5000  lr");
  expect(lineOf({ ...stepEvent(3, 0.5), figures: { "rewards/accuracies": 1 } })).toContain("ppl");
});
