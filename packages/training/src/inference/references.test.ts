import { scratch, writeCorpus } from "@trainer/testing";
import { trainBpe } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { buildBins } from "../bins/build-bins.js";
import { openCorpus } from "../corpus/corpus.js";
import { gzip9 } from "./compressed.js";
import { measureReferences } from "./references.js";

/** A text of so many lines, of which a tenth is for validation. */
async function sources(dir: string, lines: number) {
  const path = writeCorpus(`${dir}/text.txt`, lines);
  const tokenizer = await trainBpe({ files: [path], vocabSize: 300 });
  const corpus = await openCorpus(path, { document: "line" });
  const split = { holdoutFraction: 0.1, testSplitRatio: 0, seed: 1 };
  const bins = await buildBins({ corpus, tokenizer, split, cacheDir: `${dir}/bins` });
  return { bins, tokenizer, split: "validation", samples: [], seconds: 0 } as const;
}

test("a text is measured by what knows the other part of it, the better the more that can learn", async () => {
  await using dir = await scratch();
  const of = await sources(dir.path, 1000);
  const measured = await measureReferences({
    ...of,
    samples: ["the king hath seen the crown, doth love a horse"],
    zstd: gzip9,
  });
  const { bytes = 0, trainingBytes = 0, gzip = 0, zstd, ngram = 0 } = measured?.references ?? {};
  expect(bytes / trainingBytes).toBeCloseTo(1 / 9, 1);
  expect(ngram).toBeLessThan(gzip);
  expect(ngram).toBeGreaterThan(0.3);
  expect(gzip).toBeLessThan(2);
  expect(zstd).toBeGreaterThan(0);
  expect(measured?.copied.share).toBeGreaterThan(0);
  expect(await measureReferences({ ...of, split: "test" })).toBeNull(); // it has none
  const { train } = of.bins;
  expect(await measureReferences({ ...of, bins: { ...of.bins, validation: { ...train, tokens: 0 } } })).toBeNull();
});

test("of a long text a part is read, more of it for a run that took longer", async () => {
  await using dir = await scratch();
  const of = await sources(dir.path, 12_000);
  const [short, long] = [await measureReferences(of), await measureReferences({ ...of, seconds: 5 })];
  const ratio = (long?.references.trainingBytes ?? 0) / (short?.references.trainingBytes ?? 1);
  expect(ratio).toBeCloseTo(2, 1);
  const hasZstd = "zstdCompressSync" in process.getBuiltinModule("node:zlib");
  expect(typeof short?.references.zstd).toBe(hasZstd ? "number" : "object");
});
