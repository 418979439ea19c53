import { join } from "node:path";
import { scratchPath, writeCorpus } from "@trainer/testing";
import { rmSync } from "node:fs";
import { parseTrainOptions, type Plan } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { output } from "../src/display/output.js";
import { planned } from "../src/plan/planned.js";
import { commandLine } from "./command-line.js";
import { testIo } from "./screen.js";

const at = { folder: "", corpus: "" };
beforeAll(() => {
  at.folder = scratchPath("planned");
  at.corpus = writeCorpus(join(at.folder, "corpus.txt"), 200); // of which there is no more to learn after some seconds
});
afterAll(() => rmSync(at.folder, { recursive: true }));

const { trainer, json } = commandLine(() => join(at.folder, "home"));

test("train without a size or a length is planned for ten minutes", async () => {
  const line = ["--threads", "1", "--document", "line", "--no-evaluate", "--run-id", "open"];
  const told = await trainer(["train", at.corpus, ...line]);
  expect(told.code).toBe(0);
  expect(told.stderr).toContain("Neither a size nor a length was given: planned for 10 min 00 s (--for 1h for longer");
  expect(told.stderr).toMatch(
    /plan +LLaMA of .* parameters, .* steps, .* times through the text, about .* bits per byte/,
  );
  const { last } = await json(["runs", "show", "open"]);
  expect(last).toMatchObject({ manifest: { config: { model_family: "llama", lr_schedule: "linear" } } });
}, 120_000);

const options = parseTrainOptions({ corpus: "text.txt", modelFamily: "llama" });

/** A plan that ends by time, or by its text. */
const planOf = (maxSeconds: number | null): Plan => ({
  decided: {},
  options: { ...options, maxSeconds },
  parameters: 1000,
  vocabSize: 1000,
  tokens: 1000,
  steps: 10,
  passes: 1,
  passesUntilOverfit: 16,
  isTextSpent: maxSeconds === null,
  seconds: 8,
  bitsPerByte: 2,
  gzipBitsPerByte: 3,
  memoryBytes: 1,
  availableBytes: 2,
  device: "cpu",
  precision: "fp32",
  threads: 1,
  isBusy: false,
  tried: [],
});

test("the time that planning took is a part of what was given, up to half of it", async () => {
  const io = testIo();
  const wanted = {
    home: at.folder,
    io,
    out: output(io, { json: false, quiet: false }),
    given: new Set(""),
    elsewhere: {},
  };
  const left = async (plan: Plan, took: number) => {
    let now = -1000 * took;
    const hooks = { make: () => Promise.resolve(plan), now: () => (now += 1000 * took) };
    return (await planned({ ...options, maxSeconds: 8 }, wanted, hooks)).maxSeconds;
  };
  expect(await left(planOf(8), 1)).toBe(7);
  expect(await left(planOf(8), 60)).toBe(4);
  expect(await left(planOf(null), 1)).toBeNull();
  expect(io.stderr.text).not.toContain("Neither a size");
});
