import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchPath, tiny } from "@trainer/testing";
import { trainBpe } from "@trainer/tokenizers";
import { evaluate, exportRun, openHome, openModel, readManifest, train } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const folderOf = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const LINES = Array.from({ length: 40 }, (_, i) => `The lamp stood by the window ${i % 7}`);
let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratchPath("fine-tune-framed");
  corpus = join(home, "corpus.txt");
  await writeFile(corpus, LINES.join("\n"));
});
afterAll(() => rm(home, { recursive: true }));

const jsonIn = async (path: string) => z.looseObject({}).parse(JSON.parse(await readFile(path, "utf8")));
const options = {
  ...tiny,
  maxSeqLen: 16,
  maxSteps: 2,
  document: "line",
  holdoutFraction: 0.2,
  testSplitRatio: 0.2,
} as const;

test.each([
  ["framed-llama", ["<s>"], [], [2, 0]],
  ["framed-qwen2", ["<|begin|>"], [], 0],
  ["framed-gpt2", ["<s>"], ["</s>"], [2, 1]],
])(
  "fine-tuning reads documents as %s's template has them, and keeps every end that the folder names",
  async (name, begin, end, eos) => {
    const runId = `on-${name}`;
    const result = await train({ ...options, corpus, runId, pretrainedRunId: folderOf(name) }, { home });
    const dir = join(home, "models", runId);
    const manifest = await readManifest(join(dir, "manifest.json"));
    expect(manifest).toMatchObject({ begin_tokens: begin, end_tokens: end });
    using opened = await openModel(runId, { home: openHome(home), device: "cpu" });
    const { before, after } = opened.tokenizer.frame;
    const around = before.length + (after.length || 1); // an end of text where the template has none
    const each = LINES.map((line) => opened.tokenizer.encode(line).length + around);
    const { train: trained, validation, test: tested } = manifest?.splits ?? {};
    const tokens = [trained, validation, tested].reduce((sum, split) => sum + (split?.tokens ?? 0), 0);
    expect(tokens).toBe(each.reduce((a, b) => a + b, 0));

    const { loss } = await evaluate(opened, { split: "test", prompts: [] }, { home: openHome(home) });
    expect(loss).toBeCloseTo(result.testLoss ?? NaN, 5);
    const without = await evaluate(opened, { split: "test", prompts: [], bos: "no" }, { home: openHome(home) });
    expect(without.loss).not.toBeCloseTo(loss, 3);
    expect(without.tokens).toBeLessThan(tested?.tokens ?? 0);

    const out = join(home, `out-${name}`);
    await exportRun(runId, out, { home: openHome(home) });
    for (const folder of [dir, out]) {
      expect(await jsonIn(join(folder, "config.json"))).toMatchObject({ eos_token_id: eos });
      expect(await jsonIn(join(folder, "generation_config.json"))).toEqual(
        JSON.parse(readFileSync(join(folderOf(name), "generation_config.json"), "utf8")),
      );
      using again = await openModel(folder, { home: openHome(home), device: "cpu" });
      expect(again.ends).toEqual(opened.ends);
      expect(again.tokenizer.frame).toEqual(opened.tokenizer.frame);
    }
  },
);

test("of a model from nothing the ends are that tokenizer's, and nothing stands before a text", async () => {
  const tokenizer = await trainBpe({ texts: LINES, vocabSize: 330 + 1, minFrequency: 1 });
  const own = join(home, "tokenizers", "own");
  await mkdir(own, { recursive: true });
  await tokenizer.save(own);
  const runId = "other";
  await train({ ...options, corpus, runId, tokenizer: own }, { home });
  expect(await readManifest(join(home, "models", runId, "manifest.json"))).toMatchObject({ begin_tokens: [] });
  const { eos } = tokenizer.specials;
  expect(await jsonIn(join(home, "models", runId, "generation_config.json"))).toMatchObject({ eos_token_id: eos });
});
