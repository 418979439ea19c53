import { writeFileSync } from "node:fs";
import { scratch, writeCorpus } from "@trainer/testing";
import { trainBpe } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openCorpus } from "../corpus/corpus.js";
import { planSplit } from "../corpus/split-plan.js";
import { gzip9 } from "./compressed.js";
import { measureReferences } from "./references.js";

const fractions = { holdoutFraction: 0.1, testSplitRatio: 0.1, seed: 1 };

async function sources(path: string, document: "line" | "file", split: typeof fractions = fractions) {
  const corpus = await openCorpus(path, { document });
  const tokenizer = await trainBpe({ files: [path], vocabSize: 300 });
  const plan = await planSplit(corpus, split);
  return { corpus, plan, tokenizer, split: "validation", samples: [], seconds: 0 } as const;
}

test("a text is measured by what knows the other part of it, the better the more that can learn", async () => {
  await using dir = await scratch();
  const of = await sources(writeCorpus(dir.join("a.txt"), 1000), "line");
  const measured = await measureReferences({
    ...of,
    samples: ["the king hath seen the crown, doth love a horse"],
    zstd: gzip9,
  });
  const { bytes = 0, trainingBytes = 0, gzip = 0, zstd, ngram = 0 } = measured?.references ?? {};
  expect(bytes / trainingBytes).toBeCloseTo(0.125, 1);
  expect(ngram).toBeLessThan(gzip);
  expect(ngram).toBeGreaterThan(0.3);
  expect(gzip).toBeLessThan(2);
  expect(zstd).toBeGreaterThan(0);
  expect(measured?.copied.share).toBeGreaterThan(0);
});

test("of a long text a part is read, more of it for a run that took longer", async () => {
  await using dir = await scratch();
  const of = await sources(writeCorpus(dir.join("a.txt"), 30_000), "file");
  const [short, long] = [await measureReferences(of), await measureReferences({ ...of, seconds: 5 })];
  expect(short?.references.bytes).toBeLessThan(90_000);
  expect(short?.references.bytes).toBeGreaterThan(60_000);
  const ratio = (long?.references.trainingBytes ?? 0) / (short?.references.trainingBytes ?? 1);
  expect(ratio).toBeGreaterThan(1.5);
  expect(ratio).toBeLessThan(2.5);
  const hasZstd = "zstdCompressSync" in process.getBuiltinModule("node:zlib");
  expect(typeof short?.references.zstd).toBe(hasZstd ? "number" : "object");
});

test("without a held-out text, or of a very large one, nothing is measured", async () => {
  await using dir = await scratch();
  const path = dir.join("a.txt");
  writeFileSync(path, "to be or not to be\n".repeat(50));
  const of = await sources(path, "line", { holdoutFraction: 0, testSplitRatio: 0, seed: 1 });
  expect(await measureReferences(of)).toBeNull();
  const large = { ...of.corpus, totalBytes: 1 << 30 };
  expect(await measureReferences({ ...of, corpus: large })).toBeNull();
});
