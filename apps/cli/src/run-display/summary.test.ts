import { expect, test } from "vitest";
import { result, stepEvent } from "../../test/events.js";
import { style } from "../display/style.js";
import { RunProgress } from "./run-progress.js";
import { resultJson, summary } from "./summary.js";

const view = { columns: 80, unicode: true, paint: style(false) };

test("the summary tells how it went and what to type next", () => {
  expect(summary(result, new RunProgress(), { flags: " --home h" }, view)).toBe(
    `
Done: 1,500 steps, 384k tokens in 3 min 07 s
validation  loss 4.1000  ppl 60.340  (the best, at step 1,400)
test        loss 4.2000  ppl 66.700  2.1000 bits per byte  (the weights of step 1,400)
saved in    /runs/models/r1

Next:
  trainer generate r1 --home h --prompt "Once upon a time"
  trainer score r1 --home h --text "How likely is this?" --detail per-char
  trainer export r1 --home h --out my-model`,
  );
});

test("who tuned a model on conversations is told how to talk with it", () => {
  const conversations = { turns: 2, tokens: 9, learnt: 3, cut: 0, dropped: 0 };
  const counts = { documents: 1, tokens: 9, bytes: 9, asked: 1, share: 1, lost_bytes: null, unknown_tokens: null };
  const splits = { train: { ...counts, conversations }, validation: counts, test: counts };
  const text = summary({ ...result, splits }, new RunProgress(), { flags: " --home h" }, view);
  expect(text).toContain("Next:\n  trainer chat r1 --home h\n  trainer generate");
});

test("the verdict stands above what to type next, with control characters made visible", () => {
  const text = summary(
    { ...result, verdict: ["It rests.", "Copied: \u001B[2J"] },
    new RunProgress(),
    { flags: "" },
    view,
  );
  expect(text).toContain("\n\nIt rests.\nCopied: \u241B[2J\n\nNext:\n");
});

test("where more passes would help the command for them stands last", () => {
  const text = summary(result, new RunProgress(), { flags: "", more: "trainer resume r1 --max-steps 8" }, view);
  expect(text).toMatch(/\nThe loss was still falling: .*\n {2}trainer resume r1 --max-steps 8$/);
});

test("the peak of a GPU's memory is reported", () => {
  const text = summary({ ...result, gpuPeakBytes: 3 * 1024 ** 3 }, new RunProgress(), { flags: "" }, view);
  expect(text).toContain("GPU memory  3.00 GiB at most");
});

test("the loss curve stands above it", () => {
  const progress = new RunProgress();
  progress.take(stepEvent(1, 8));
  progress.take(stepEvent(2, 7));
  expect(summary(result, progress, { flags: "" }, view).split("\n")[0]).toMatch(/^8\.0000 ┤/);
});

test("a run that stopped early says so, and what was not measured is left out", () => {
  const early = {
    ...result,
    earlyStopped: true,
    bestValLoss: null,
    bestStep: null,
    testLoss: null,
    testPerplexity: null,
    testBitsPerByte: null,
  };
  const text = summary(early, new RunProgress(), { flags: "" }, view);
  expect(text).toContain("Done early, for validation gained no more: 1,500 steps");
  expect(text).not.toMatch(/validation {2}|test {2}/);
});

test("of pairs of answers accuracy and margin are told in place of a perplexity", () => {
  const figures = (accuracy: number) => ({ "rewards/accuracies": accuracy, "rewards/margins": 0.5 });
  const pairs = { ...result, bestValFigures: figures(0.75), testFigures: figures(0.7), testPerplexity: null };
  const text = summary(pairs, new RunProgress(), { flags: "" }, view);
  expect(text).toContain("validation  loss 4.1000  accuracy 75 %  margin 0.5000  (the best, at step 1,400)\n");
  expect(text).toContain("test        loss 4.2000  accuracy 70 %  margin 0.5000  (the weights of step 1,400)\n");
  expect(resultJson(pairs)).toMatchObject({ best_val_figures: figures(0.75), test_figures: figures(0.7) });
});

test("the result in JSON has the names of the manifest", () => {
  expect(resultJson(result)).toEqual({
    run_id: "r1",
    status: "completed",
    steps: 1500,
    epochs: 3,
    early_stopped: false,
    train_loss: 3.9,
    best_val_loss: 4.1,
    best_step: 1400,
    test_loss: 4.2,
    test_perplexity: 66.7,
    test_bits_per_byte: 2.1,
    test_step: 1400,
    splits: null,
    special_tokens: 0,
    tokenizer_loss: null,
    verdict: [],
    tokens: 384_000,
    gpu_peak_bytes: null,
    left_out: null,
    seconds: 187,
    path: "/runs/models/r1",
  });
});
