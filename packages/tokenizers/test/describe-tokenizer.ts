import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "../src/load.js";
import type { Documents, Tokenizer } from "../src/tokenizer.js";
import { scratch } from "@trainer/testing";

/** Exceptions of a kind of tokenizer. */
export interface Laws {
  /** A text after encoding and decoding, special tokens kept; null where nothing is promised. Default: itself. */
  readonly decoded?: (tokenizer: Tokenizer, text: string) => string | null;
  /** Do the tokens' parts of a text leave nothing of it out? Default: yes. */
  readonly tiles?: boolean;
  /** Are the tokens' bytes the decoded text? Default: yes. */
  readonly bytes?: boolean;
}

const utf8 = new TextEncoder();
const options = { numRuns: 100 };
const anyText = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc
    .array(
      fc.constantFrom("the ", " to", "be", "\n", "  ", "é", "e\u0301", "中文", "👩‍👩‍👧", "[EOS]", "[UNK]", "हिन्दी", "١٢"),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join("")),
);

function documentsOf(texts: readonly string[]): Documents {
  const parts = texts.map((text) => utf8.encode(text));
  let end = 0;
  return { bytes: Buffer.concat(parts), ends: Uint32Array.from(parts, (part) => (end += part.length)) };
}

/** Spelling of special tokens by id; one of a single character, and the unknown one, come of other text too. */
const spelledSpecials = (tokenizer: Tokenizer): Map<number, string> =>
  new Map(
    Array.from({ length: tokenizer.vocabSize }, (_, id) => [id, tokenizer.token(id)] as const).filter(
      ([id, token]) => tokenizer.isSpecial(id) && id !== tokenizer.specials.unk && Array.from(token).length > 1,
    ),
  );

/** The laws of every tokenizer. */
export function describeTokenizer(name: string, make: () => Promise<Tokenizer>, laws: Laws = {}): void {
  const { decoded = (_: Tokenizer, text: string) => text, tiles = true, bytes: byBytes = true } = laws;

  describe(`${name}, as every tokenizer,`, () => {
    test("gives ids that it has, the same of a text and of its bytes", async () => {
      const tokenizer = await make();
      fc.assert(
        fc.property(anyText, (text) => {
          const ids = tokenizer.encode(text);
          expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
          expect(tokenizer.encodeBytes(utf8.encode(text))).toEqual(ids);
        }),
        options,
      );
    });

    test("takes special tokens that a text spells for text, unless they are let through", async () => {
      const tokenizer = await make();
      const specials = spelledSpecials(tokenizer);
      const special = new Set(specials.keys());
      const parts = [...specials.values(), "a", " ", "\n", "é", "e\u0301", "[", "the "];
      const text = fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((some) => some.join(""));
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), fc.boolean(), async (texts, specialTokens) => {
          const encoded = texts.map((one) => tokenizer.encode(one, { specialTokens }));
          const found = encoded.map((ids) => ids.filter((id) => special.has(id)).length);
          expect(specialTokens || found.every((count) => count === 0)).toBe(true);
          for (const [i, one] of texts.entries()) {
            expect(tokenizer.encodeBytes(utf8.encode(one), { specialTokens })).toEqual(encoded[i]);
            expect(tokenizer.encodeWithOffsets(one, { specialTokens }).ids).toEqual(encoded[i]);
          }
          const { bytes, ends } = documentsOf(texts);
          const batch = await tokenizer.encodeBatch({ bytes, ends }, { dtype: "uint32", eos: null, specialTokens });
          expect([...batch.ids]).toEqual(encoded.flatMap((ids) => Array.from(ids)));
          expect(batch.specialTokens).toBe(found.reduce((sum, count) => sum + count, 0));
        }),
        options,
      );
      for (const [id, spelled] of specials) {
        expect(tokenizer.encode(spelled, { specialTokens: true })).toContain(id);
        expect(tokenizer.encode(`a ${spelled}\n`, { specialTokens: true })).toContain(id);
      }
    });

    test("decodes what it encoded", async () => {
      const tokenizer = await make();
      fc.assert(
        fc.property(anyText, (text) => {
          const expected = decoded(tokenizer, text.toWellFormed());
          if (expected === null) return;
          expect(tokenizer.decode(tokenizer.encode(text), { skipSpecial: false })).toBe(expected);
        }),
        options,
      );
    });

    test("says of what part of the text each token is made, in order", async () => {
      const tokenizer = await make();
      fc.assert(
        fc.property(anyText, (text) => {
          const { ids, offsets } = tokenizer.encodeWithOffsets(text);
          expect(ids).toEqual(tokenizer.encode(text));
          expect(offsets.length).toBe(2 * ids.length);
          let reached = 0;
          for (let i = 0; i < offsets.length; i += 2) {
            const [begin = -1, end = -1] = offsets.subarray(i, i + 2);
            expect(begin).toBeLessThanOrEqual(end);
            expect(end).toBeGreaterThanOrEqual(reached);
            expect(begin).toBeLessThanOrEqual(tiles ? reached : text.length);
            reached = end;
          }
          expect(reached).toBeLessThanOrEqual(text.length);
          expect(reached).toBeGreaterThanOrEqual(tiles ? text.length : 0);
        }),
        options,
      );
    });

    test("gives of a batch what it gives of each text", async () => {
      const tokenizer = await make();
      await fc.assert(
        fc.asyncProperty(fc.array(anyText, { maxLength: 8 }), fc.boolean(), fc.nat(3), async (texts, withEnd, more) => {
          const eos = withEnd ? 0 : null;
          const dtype = tokenizer.vocabSize <= 65_536 && more % 2 === 0 ? "uint16" : "uint32";
          const batch = await tokenizer.encodeBatch(documentsOf(texts), { dtype, eos, threads: more + 1 });
          const single = texts.map((text) => [...tokenizer.encode(text), ...(withEnd ? [0] : [])]);
          expect([...batch.ids]).toEqual(single.flat());
          expect([...batch.counts]).toEqual(single.map(({ length }) => length));
          expect(batch.ids instanceof Uint16Array).toBe(dtype === "uint16");
        }),
        options,
      );
    });

    test("leaves special tokens out when decoding, unless they are asked for", async () => {
      const tokenizer = await make();
      for (let id = 0; id < tokenizer.vocabSize; id++) {
        if (!tokenizer.isSpecial(id)) continue;
        expect(tokenizer.decode([id])).toBe("");
        const spelled = Buffer.from(tokenizer.tokenBytes(id)).toString().trimStart();
        expect(tokenizer.decode([id], { skipSpecial: false }).trimStart()).toBe(spelled);
      }
      expect(tokenizer.isSpecial(tokenizer.vocabSize)).toBe(false);
    });

    test.runIf(byBytes)(
      "has bytes for each token that make up the decoded text, but for a space at its beginning",
      async () => {
        const tokenizer = await make();
        fc.assert(
          fc.property(anyText, (text) => {
            const ids = tokenizer.encode(text);
            const bytes = Buffer.concat(Array.from(ids, (id) => tokenizer.tokenBytes(id)));
            const whole = tokenizer.decode(ids, { skipSpecial: false });
            expect([bytes.toString(), bytes.toString().replace(/^ /, "")]).toContain(whole);
          }),
          options,
        );
      },
    );

    test("is loaded as it was saved, and saved as it was loaded", async () => {
      await using folder = await scratch();
      const tokenizer = await make();
      await tokenizer.save(join(folder.path, "first"));
      const loaded = await loadTokenizer(join(folder.path, "first"));
      await loaded.save(join(folder.path, "second"));
      const { kind, vocabSize, specials } = tokenizer;
      expect(loaded).toMatchObject({ kind, vocabSize, specials });
      for (let id = 0; id < vocabSize; id++) {
        expect(loaded.token(id)).toBe(tokenizer.token(id));
        expect(loaded.isSpecial(id)).toBe(tokenizer.isSpecial(id));
        expect(Buffer.from(loaded.tokenBytes(id)).equals(tokenizer.tokenBytes(id))).toBe(true);
      }
      fc.assert(
        fc.property(anyText, (text) => {
          expect(loaded.encode(text)).toEqual(tokenizer.encode(text));
        }),
        options,
      );
      const names = await readdir(join(folder.path, "first"));
      expect(await readdir(join(folder.path, "second"))).toEqual(names);
      for (const name of names) {
        const [first, second] = await Promise.all(["first", "second"].map((f) => readFile(join(folder.path, f, name))));
        expect(first?.equals(second ?? new Uint8Array())).toBe(true);
      }
    });

    test("reads a lone surrogate as U+FFFD", async () => {
      const tokenizer = await make();
      expect(tokenizer.encode("a\ud800b\udc00")).toEqual(tokenizer.encode("a\ufffdb\ufffd"));
      expect(tokenizer.encodeWithOffsets("a\ud800b\udc00")).toEqual(tokenizer.encodeWithOffsets("a\ufffdb\ufffd"));
    });

    test("refuses ids that it does not have, and what is no text", async () => {
      const tokenizer = await make();
      const refused: unknown = expect.objectContaining({ code: "INVALID_INPUT" });
      for (const id of [-1, tokenizer.vocabSize, 0.5, Number.NaN]) {
        for (const use of [() => tokenizer.decode([id]), () => tokenizer.token(id), () => tokenizer.tokenBytes(id)]) {
          expect(use).toThrow(refused);
        }
      }
      for (const use of [tokenizer.encode, tokenizer.encodeBytes, tokenizer.encodeWithOffsets]) {
        expect(() => void Reflect.apply(use, tokenizer, [7])).toThrow(refused);
      }
      const documents = { bytes: utf8.encode("ab"), ends: Uint32Array.of(2) };
      for (const wrong of [{ eos: tokenizer.vocabSize }, { threads: 0 }, { dtype: "int8" }]) {
        const batch = { dtype: "uint32", eos: null, ...wrong };
        await expect(Reflect.apply(tokenizer.encodeBatch, tokenizer, [documents, batch])).rejects.toThrow(refused);
      }
    });
  });
}
