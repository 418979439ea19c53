import { writeFile } from "node:fs/promises";
import { DEFAULT_SEQ_LEN } from "@trainer/options";
import { scratch } from "@trainer/testing";
import { loadTokenizer } from "@trainer/tokenizers";
import { memoryStats } from "@trainer/torch";
import { expect, test } from "vitest";
import { runFolder } from "../src/home/run-folder.js";
import { makeModel } from "../src/model/make-model.js";
import { parseTrainOptions } from "../src/options/options.js";
import { tinyGpt2 } from "./fixture.js";

test("a model whose copy for an adapter cannot be kept is freed", async () => {
  await using home = await scratch("make-model");
  await writeFile(home.join("models"), "a file where runs should lie");
  const asked = parseTrainOptions({ corpus: "-", pretrainedRunId: tinyGpt2, loraRank: 2 });
  const options = { ...asked, maxSeqLen: DEFAULT_SEQ_LEN };
  const run = { options, folder: runFolder(home.path, "run"), compute: { device: "cpu", precision: "fp32" } } as const;
  const tokenizer = await loadTokenizer(tinyGpt2);
  const before = memoryStats().liveTensors;
  await expect(makeModel(run, tokenizer, { pretrained: tinyGpt2, begun: false })).rejects.toThrow("ENOTDIR");
  expect(memoryStats().liveTensors).toBe(before);
});
