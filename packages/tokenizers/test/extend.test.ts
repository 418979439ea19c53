import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { extendTokenizer } from "../src/extend-tokenizer.js";
import { loadTokenizer } from "../src/load.js";
import { trainBpe } from "../src/train-bpe.js";
import { trainChar } from "../src/train-char.js";
import { fixturePath } from "./fixture.js";
import { misplaced } from "./misplaced.js";
import { scratch } from "@trainer/testing";

const Extended = z.object({
  add: z.number(),
  minFrequency: z.number(),
  text: z.string(),
  tokens: z.array(z.string()),
  merges: z.array(z.string()),
  encodings: z.array(z.object({ text: z.string(), ids: z.array(z.number()) })),
});
const fixture = z.record(z.string(), Extended).parse(JSON.parse(readFileSync(fixturePath("extended.json"), "utf8")));

const Merges = z.object({ model: z.object({ merges: z.array(z.union([z.string(), z.array(z.string())])) }) });
const mergesIn = (json: string) =>
  Merges.parse(JSON.parse(json)).model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));

describe.each(Object.entries(fixture))("%s extended", (name, { text, add, minFrequency, ...expected }) => {
  const made = (async () => {
    const base = await loadTokenizer(fixturePath(`${name}.json`));
    return { base, extended: await extendTokenizer(base, { texts: [text], add, minFrequency, threads: 2 }) };
  })();

  test("has the merges that the definition gives, and encodes as Hugging Face's library does, from its file too", async () => {
    const { base, extended } = await made;
    await using folder = await scratch();
    await extended.save(folder.path);
    const before = mergesIn(await readFile(fixturePath(`${name}.json`), "utf8"));
    expect(mergesIn(await readFile(join(folder.path, "tokenizer.json"), "utf8"))).toEqual([
      ...before,
      ...expected.merges,
    ]);
    const loaded = await loadTokenizer(folder.path);
    expect(loaded.specials).toEqual(base.specials);
    for (const tokenizer of [extended, loaded]) {
      expect(Array.from(expected.tokens, (_, id) => tokenizer.token(id))).toEqual(expected.tokens);
      expect(tokenizer.vocabSize).toBe(expected.tokens.length);
      for (const { text, ids } of expected.encodings)
        expect([...tokenizer.encode(text, { specialTokens: true })]).toEqual(ids);
    }
  });

  test("has an old token only where the base has it, and ends no token where the base goes on", async () => {
    const { base, extended } = await made;
    const word = constantFrom(
      "Müller",
      "mahlt ",
      " die Straße",
      "größe",
      "\n",
      "2024",
      "dog",
      " the ",
      "ue\u0308",
      "x",
    );
    assert(
      property(
        array(
          word.chain((known) => constantFrom(known, known.slice(1))),
          { maxLength: 12 },
        ),
        (words) => {
          const text = words.join("");
          expect(misplaced(base, extended, text)).toEqual([]);
          expect(extended.decode(extended.encode(text))).toBe(base.decode(base.encode(text)));
        },
      ),
    );
  });
});

test("whatever the base and the text, old ids stay and a text without a new token is encoded as before", async () => {
  const letters = string({ unit: constantFrom("a", "b", "c", "é", " ", "1"), minLength: 1, maxLength: 60 });
  await assert(
    asyncProperty(
      array(letters, { minLength: 1, maxLength: 8 }),
      array(letters, { maxLength: 8 }),
      async (old, own) => {
        const base = await trainBpe({ texts: old, vocabSize: 275, minFrequency: 1, threads: 1 });
        const extended = await extendTokenizer(base, {
          texts: ["abab", ...own],
          add: 20,
          minFrequency: 1,
          threads: 1,
        }).catch(
          () => base, // that has a token for every word of the text
        );
        for (let id = 0; id < base.vocabSize; id++) expect(extended.token(id)).toBe(base.token(id));
        for (const text of [...old, ...own]) expect(misplaced(base, extended, text)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test("what came with the base goes with it, and the new tokens are cut by its pattern", async () => {
  await using folder = await scratch();
  const json: unknown = JSON.parse(await readFile(fixturePath("qwen2.json"), "utf8"));
  const { model, ...rest } = z
    .looseObject({
      added_tokens: z.array(z.unknown()),
      model: z.looseObject({ merges: z.array(z.array(z.string())) }),
    })
    .parse(json);
  const legacy = {
    ...rest,
    added_tokens: [...rest.added_tokens, { id: 900, content: "<|far|>", special: true }], // with unused ids before it
    model: { ...model, merges: model.merges.map((pair) => pair.join(" ")) },
  };
  await folder.write("tokenizer.json", JSON.stringify(legacy));
  await folder.write("tokenizer_config.json", JSON.stringify({ eos_token: "<|end|>" }));
  const base = await loadTokenizer(folder.path);
  const extended = await extendTokenizer(base, { files: [fixturePath("extended.json")], add: 50 });
  await extended.save(join(folder.path, "extended"));
  const loaded = await loadTokenizer(join(folder.path, "extended"));
  expect(loaded.token(loaded.specials.eos ?? -1)).toBe("<|end|>");
  expect(loaded.encode("Straße 2024")).toEqual(extended.encode("Straße 2024"));
  expect([...loaded.encode("<|far|>", { specialTokens: true })]).toEqual([900]);
  expect([base.vocabSize, loaded.token(900), loaded.token(899), loaded.vocabSize]).toEqual([901, "<|far|>", "", 951]);
  const saved = await readFile(join(folder.path, "extended", "tokenizer.json"), "utf8");
  expect(Merges.parse(JSON.parse(saved)).model.merges.every((merge) => typeof merge === "string")).toBe(true);
  const added = Array.from({ length: 50 }, (_, i) => extended.decode([base.vocabSize + i]));
  expect(added.filter((token) => /\d\d/.test(token))).toEqual([]); // Qwen's cuts numbers into digits
});

test("what cannot be extended is refused, with what to do", async () => {
  const base = await loadTokenizer(fixturePath("gpt2.json"));
  const texts = ["the müller"];
  await expect(extendTokenizer(await trainChar({ texts }), { texts, add: 1 })).rejects.toThrow(
    'only BPE can be extended, and a tokenizer of the kind "char" has no merges: train a new one',
  );
  for (const add of [0, -1, 1.5, Number.NaN, 2 ** 24])
    await expect(extendTokenizer(base, { texts, add })).rejects.toThrow(`not ${add}`);
  await expect(extendTokenizer(base, { texts, add: 9, minFrequency: 3 })).rejects.toThrow("a lower minFrequency");
  await expect(extendTokenizer(base, { texts: [""], add: 9 })).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
  const json = z
    .looseObject({ model: z.looseObject({ vocab: z.record(z.string(), z.int()), merges: z.array(z.unknown()) }) })
    .parse(JSON.parse(await readFile(fixturePath("gpt2.json"), "utf8")));
  delete json.model.vocab["Ġ"];
  json.model.merges = [];
  await using folder = await scratch();
  const path = await folder.write("tokenizer.json", JSON.stringify(json));
  await expect(extendTokenizer(await loadTokenizer(path), { texts, add: 9 })).rejects.toThrow(
    "the tokenizer has no token for the byte 0x20: one with all 256 can be extended",
  );
});
