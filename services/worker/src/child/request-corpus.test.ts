import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { TextRoot } from "@trainer/training/files";
import { expect, test } from "vitest";
import { requestCorpus } from "./request-corpus.js";

test("a request names one text, several, or none that lies here", async () => {
  const root = scratchPath("request-corpus");
  mkdirSync(join(root, "corpus", "own"), { recursive: true });
  writeFileSync(join(root, "corpus", "a.txt"), "a");
  const texts = new TextRoot(root);
  const [own, a] = [join(root, "corpus", "own"), join(root, "corpus", "a.txt")];
  expect(await requestCorpus({ corpus_path: "a.txt" }, texts)).toEqual([a]);
  expect(await requestCorpus({ corpus_path: null, corpus_paths: ["own", "a.txt"] }, texts)).toEqual([own, a]);
  expect(await requestCorpus({}, texts)).toBeNull();
  expect(await requestCorpus({ corpus_path: null, corpus_paths: null }, texts)).toBeNull();
  await expect(requestCorpus({ corpus_paths: ["a.txt", "../out"] }, texts)).rejects.toThrow(/leads to no text/);
  rmSync(root, { recursive: true });
});
