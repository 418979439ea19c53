import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { openCorpus, type ReadProgress } from "./corpus.js";
import { documentsOf } from "./document-batch.js";
import { joinCorpora } from "./join-corpora.js";

const open = async (folder: string, texts: readonly Buffer[]) =>
  Promise.all(
    texts.map(async (text, i) => {
      const path = join(folder, `${i}.txt`);
      await writeFile(path, text);
      return await openCorpus(path, { document: "line", separator: "auto" });
    }),
  );

test("texts that are joined are read one after another, and what is told of them counts all", async () => {
  await using folder = await temporaryFolder();
  const bad = Buffer.from([0x62, 0xff, 0x0a]);
  const corpora = await open(folder.path, [
    Buffer.concat([Buffer.from("a\n<|endoftext|>\n"), bad]),
    Buffer.concat([Buffer.from("c\n<|endoftext|>\nd\n"), bad]),
  ]);
  const whole = joinCorpora(corpora);
  const documents: string[] = [];
  const ends: number[] = [];
  let last: ReadProgress | undefined;
  const read = { onRead: (p: Readonly<ReadProgress>) => (last = { ...p }), onFileEnd: (n: number) => ends.push(n) };
  for await (const batch of whole.documents({ ...read, hash: true }))
    for (const document of documentsOf(batch)) documents.push(document.toString());
  expect(documents).toEqual(["a", "b\uFFFD", "c", "d", "b\uFFFD"]);
  expect(ends).toEqual([2, 5]);
  expect(last?.bytes).toBe(whole.totalBytes);
  expect(last?.losses).toEqual({
    replaced: [
      { file: 0, characters: 1, bytes: corpora[0]?.totalBytes },
      { file: 1, characters: 1, bytes: corpora[1]?.totalBytes },
    ],
    separators: { "<|endoftext|>": 2 },
  });
  const hash = await whole.sha256();
  expect(hash).not.toBe(await joinCorpora(corpora.toReversed()).sha256());
  expect(await joinCorpora(corpora).sha256()).toBe(hash);
  await whole.assertUnchanged();
  await writeFile(join(folder.path, "1.txt"), "other");
  await expect(whole.assertUnchanged()).rejects.toThrow(/1\.txt changed/);
});
