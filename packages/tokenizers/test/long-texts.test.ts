import { expect, test } from "vitest";
import { loadTokenizer } from "../src/load.js";
import { trainBpe } from "../src/train-bpe.js";
import { fixturePath } from "./fixture.js";

test.each(["gpt2", "llama3", "qwen2"])("a megabyte without a space encodes at once (%s)", async (pattern) => {
  const tokenizer = await loadTokenizer(fixturePath(`${pattern}.json`));
  const texts = [
    "abcdefgh".repeat(2 ** 17),
    ...["é", "中文", "ab1!", "\n", " ", "\u0301a"].map((word) => word.repeat(2 ** 14)),
  ];
  for (const text of texts) {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(pattern === "qwen2" ? text.normalize("NFC") : text);
  }
});

test("a long word encodes as Hugging Face's merge order says: the least rank first, then the leftmost", async () => {
  const tokenizer = await trainBpe({ texts: ["aaaa", "aaaa"], vocabSize: 262, minFrequency: 1 });
  const tokens = (text: string) => Array.from(tokenizer.encode(text), (id) => tokenizer.token(id));
  for (const length of [5, 15, 16, 47, 48, 49, 50, 333]) {
    const quads = Math.floor(length / 4);
    const rest = ["", "a", "aa", "aa a"][length % 4]?.split(" ").filter(Boolean) ?? [];
    expect(tokens("a".repeat(length))).toEqual([...Array.from({ length: quads }, () => "aaaa"), ...rest]);
  }
});

test("training takes a text that can nowhere be cut", async () => {
  const tokenizer = await trainBpe({ texts: ["ab".repeat(300_000)], vocabSize: 300 });
  expect(tokenizer.encode("abababab").length).toBe(1);
});
