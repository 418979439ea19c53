import { expect, test } from "vitest";
import { optionsOfRun } from "./options-of-run.js";
import { parseTrainOptions } from "./options.js";
import { splitOptions } from "./split-options.js";
import { toConfig } from "./wire-names.js";

test("a run that has begun goes on by the rule that split its corpus, which is no option", () => {
  const options = parseTrainOptions({ corpus: ["a.txt"], seed: 7 });
  const found = optionsOfRun({ config: toConfig(options), max_seq_len: 64, split_version: 2 });
  expect(found).toEqual({ ...options, maxSeqLen: 64, splitVersion: 2 });
  expect(splitOptions(found)).toMatchObject({ seed: 7, splitVersion: 2 });
  expect(toConfig(found)).toEqual({ ...toConfig(options), max_seq_len: 64 });
});
