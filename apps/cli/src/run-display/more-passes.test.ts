import { expect, test } from "vitest";
import { morePasses, stillFalls } from "./more-passes.js";

const points = (...losses: readonly number[]) => losses.map((loss, step) => ({ step, loss }));
const falls = (train: readonly number[], validation: readonly number[] = []) =>
  stillFalls({ trainPoints: points(...train), validationPoints: points(...validation) });

test("a loss still falls where the last validation is clearly the best", () => {
  expect(falls([], [4, 3, 2])).toBe(true);
  expect(falls([9, 8, 7, 6], [4, 2, 3])).toBe(false);
  expect(falls([9, 8, 7, 6], [4, 3, 2.999])).toBe(false);
});

test("where validation was measured once, the last quarter of the training says it", () => {
  expect(falls([8, 7, 6, 5, 4, 3, 2, 1], [3])).toBe(true);
  expect(falls([8, 4, 3, 3, 3, 3, 3, 3])).toBe(false);
  expect(falls([8, 2, 1])).toBe(false); // too few to tell
  expect(falls([])).toBe(false);
});

test("the command names the text that was read, quoted for a shell, or the id of one that was fetched", () => {
  const more = (config: object) =>
    morePasses({ run_id: "r", learning_rate: 0.001, config: { lora_rank: 0, ...config } }, " --home h");
  const passes = "--pretrained r --num-epochs 4 --finetune-lr-cap 0.001";
  expect(more({ corpus_paths: ["a b.txt", "c.txt"] })).toBe(`trainer train 'a b.txt' c.txt ${passes} --home h`);
  expect(more({ corpus_file_id: "f1", corpus_paths: null })).toBe(`trainer train f1 ${passes} --home h`);
  expect(more({ corpus_paths: ["c"], mask_documents: true })).toContain(`${passes} --mask-documents --home h`);
  expect(more({ corpus_paths: ["c"], corpus_format: "jsonl" })).toContain(`${passes} --as jsonl --home h`);
  expect(more({ corpus_paths: ["c"], model_family: "llama", model_size: "small" })).toContain(`${passes} --home h`);
  expect(more({ corpus_paths: ["c"], evaluate: false })).toContain(`${passes} --no-evaluate --home h`);
  expect(more({ corpus_paths: ["c"], seed: 7 })).toContain(`${passes} --seed 7 --home h`);
  expect(more({ corpus_paths: ["c"], lora_targets: ["a b", "c"] })).toContain(
    `${passes} --lora-targets 'a b' --lora-targets c --home h`,
  );
  expect(more({ corpus_paths: ["c"], lora_rank: 4 })).toBeNull();
  expect(more({ corpus_paths: null })).toBeNull(); // no text to name
});
