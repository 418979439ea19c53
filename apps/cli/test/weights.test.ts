import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { aNumber, containing, matching } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { TINY } from "./corpus.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
});

const cost = { split: "validation", tokens: aNumber, fp32: aNumber, quantized: aNumber };

test("weights in a smaller type say what they cost on the validation split", async () => {
  const line = ["generate", "one", "--prompt", "the", "--max-new-tokens", "4", "--weights", "int8"];
  const shown = await at.trainer(line);
  expect(shown).toMatchObject({
    code: 0,
    stderr: matching(
      /int8 weights; loss \d\.\d+ to \d\.\d+, [+-]?\d+\.\d\d %, on [\d,]+ tokens of the validation split\.\n/,
    ),
  });
  const { last } = await at.json(line);
  expect(last).toMatchObject({ steps: aNumber, weights: "int8", quantization_loss: cost });
  const plain = await at.json(line.slice(0, -2));
  expect(plain.last).not.toHaveProperty("weights");
  expect(plain.stderr).not.toContain("weights");
});

test("an evaluation with them is compared with the run's own, and does not take its place", async () => {
  const metrics = () => readFile(join(at.home, "models", "one", "eval", "metrics.json"), "utf8");
  const before = await metrics();
  const { last } = await at.json(["eval", "one", "--weights", "bf16", "--no-samples"]);
  expect(last).toMatchObject({ weights: "bf16", compared_with: "the evaluation before", eval_path: null });
  expect(await metrics()).toBe(before);
  const out = join(at.folder, "smaller");
  const kept = await at.json(["eval", "one", "--weights", "bf16", "--no-samples", "--out", out]);
  expect(kept.last).toMatchObject({ eval_path: out });
});

test("score and chat take them too", async () => {
  const { last } = await at.json(["score", "one", "--text", "the cat sat", "--weights", "int8"]);
  expect(last).toMatchObject({ loss: aNumber, weights: "int8", quantization_loss: cost });
  const chat = await at.trainer(["chat", "one", "--max-new-tokens", "2", "--weights", "bf16"], { stdin: "hello\n" });
  expect(chat).toMatchObject({ code: 0, stderr: containing("bf16 weights; loss ") });
});

test("without a held-out text they say that it is not known", async () => {
  const split = ["--holdout-fraction", "0", "--test-split-ratio", "0", "--no-evaluate", "--max-steps", "1"];
  await at.trainer(["train", at.corpus, ...TINY, ...split, "--run-id", "all"]);
  const all = await at.trainer(["score", "all", "--text", "the cat", "--weights", "int8"]);
  expect(all).toMatchObject({ code: 0, stderr: containing("there is no held-out text at hand") });
  await rm(at.corpus, { recursive: true });
  const gone = await at.json(["score", "one", "--text", "the cat", "--weights", "int8"]);
  expect(gone.last).toMatchObject({ weights: "int8", quantization_loss: null });
});
