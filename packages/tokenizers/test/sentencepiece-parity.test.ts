import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../src/load.js";
import { SentencePieceOptions } from "../src/sentencepiece-options.js";
import { trainSentencePiece } from "../src/train-sentencepiece.js";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const Id = z.number().transform((id) => (id < 0 ? null : id));
const Encoding = z.object({
  text: z.string(),
  ids: z.array(z.number()),
  offsets: z.array(z.number()),
  decoded: z.string(),
  some: z.array(z.number()),
  someDecoded: z.string(),
});
const Options = z
  .record(z.string(), z.unknown())
  .transform((options) => Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value])))
  .pipe(SentencePieceOptions.partial().extend({ vocabSize: z.number() }));
const Fixture = z.object({
  version: z.string(),
  lines: z.array(z.string()),
  trainings: z.array(
    z.object({
      name: z.string(),
      options: Options,
      model: z.string(),
      vocab: z.string(),
      specials: z.tuple([Id, Id, Id, Id]).transform(([pad, unk, bos, eos]) => ({ pad, unk, bos, eos })),
      encodings: z.array(Encoding),
    }),
  ),
});
/** Results of Python's library on the same texts, written by `fixtures/make-sentencepiece.py`. */
const fixture = Fixture.parse(JSON.parse(readFileSync(fixturePath("sentencepiece.json"), "utf8")));
const shakespeare = readFileSync(
  fileURLToPath(new URL("../../../examples/corpus/tinyshakespeare.txt", import.meta.url)),
  "utf8",
);
const lines = [...shakespeare.slice(0, 200_000).split("\n").filter(Boolean), ...fixture.lines];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("the fixtures are of the version that is built", () => {
  const pinned = readFileSync(
    fileURLToPath(new URL("../../../scripts/sentencepiece/source.txt", import.meta.url)),
    "utf8",
  );
  expect(pinned).toContain(`sentencepiece==${fixture.version} `);
});

describe.each(fixture.trainings)("$name", ({ options, model, vocab, specials, encodings }) => {
  const trained = trainSentencePiece({ ...options, texts: lines });

  test("trains to the files that Python writes, from texts and from files", async () => {
    await using folder = await scratch();
    const files = [
      await folder.write("a.txt", lines.slice(0, 1000).join("\n")),
      await folder.write("b.txt", lines.slice(1000).join("\n")),
    ];
    for (const tokenizer of [await trained, await trainSentencePiece({ ...options, files })]) {
      await tokenizer.save(folder.path);
      expect(sha256(await readFile(join(folder.path, "tokenizer.vocab")))).toBe(vocab);
      expect(sha256(await readFile(join(folder.path, "tokenizer.model")))).toBe(model);
      expect((await loadTokenizer(folder.path)).specials).toEqual(specials);
    }
  });

  test("encodes, aligns and decodes as Python does", async () => {
    const tokenizer = await trained;
    for (const { text, ids, offsets, decoded, some, someDecoded } of encodings) {
      const found = tokenizer.encodeWithOffsets(text);
      expect({ text, ids: [...tokenizer.encode(text)], offsets: [...found.offsets] }).toEqual({ text, ids, offsets });
      expect([...found.ids]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(some)).toBe(someDecoded);
    }
  });
});
