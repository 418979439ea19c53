import { expect, test } from "vitest";
import { loadTokenizer } from "../src/load.js";
import { trainTokenizer } from "../src/train-tokenizer.js";
import { describeTokenizer } from "./describe-tokenizer.js";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

describeTokenizer("a trained byte-level BPE", () =>
  trainTokenizer("bpe", { files: [fixturePath("prose.txt")], vocabSize: 600 }),
);
describeTokenizer("GPT-2's pattern", () => loadTokenizer(fixturePath("gpt2.json")));
describeTokenizer("Llama 3's pattern", () => loadTokenizer(fixturePath("llama3.json")));
describeTokenizer("Qwen 2's pattern, with NFC", () => loadTokenizer(fixturePath("qwen2.json")), {
  // The normal form by an older Unicode version than this JavaScript's is another one for some code points.
  decoded: (_, text) => (/^(?:[\0-\u024f\u4e00-\u9fff]|\u0301)*$/.test(text) ? text.normalize("NFC") : null),
});

test("an unknown method is named, and those there are", async () => {
  await expect(trainTokenizer("wordpiece", { texts: ["a"], vocabSize: 300 })).rejects.toThrow(
    /^no tokenizer 'wordpiece'; there are bpe/,
  );
});

test("characters that are composed together are covered together", async () => {
  const tokenizer = await loadTokenizer(fixturePath("qwen2.json"));
  const slices = (text: string) => {
    const { offsets } = tokenizer.encodeWithOffsets(text);
    return Array.from({ length: offsets.length / 2 }, (_, i) => text.slice(offsets[2 * i], offsets[2 * i + 1]));
  };
  expect(slices("e\u0301!")).toEqual(["e\u0301!"]); // the added token é!
  expect(slices("xe\u0301 y")).toEqual(["x", "e\u0301", " y"]);
  expect(new Set(slices("a\u0307\u0323").slice(1))).toEqual(new Set(["a\u0307\u0323"]));
});

test("a token of a part of a character covers the character", async () => {
  const tokenizer = await trainTokenizer("bpe", { texts: ["x"], vocabSize: 300 });
  const { offsets } = tokenizer.encodeWithOffsets("👩[EOS]é", { specialTokens: true });
  expect([...offsets]).toEqual([0, 2, 0, 2, 0, 2, 0, 2, 2, 7, 7, 8, 7, 8]);
});

test("unknown bytes that are one token together are covered together, and those dropped are nowhere", async () => {
  await using folder = await scratch();
  const json = {
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
    model: { vocab: { a: 0, b: 1, ab: 2, "<unk>": 3 }, merges: ["a b"], fuse_unk: true },
  };
  const offsets = async (model: object) => {
    const path = await folder.write("t.json", JSON.stringify({ ...json, model: { ...json.model, ...model } }));
    return [...(await loadTokenizer(path)).encodeWithOffsets("abcdab").offsets];
  };
  expect(await offsets({ unk_token: "<unk>" })).toEqual([0, 2, 2, 4, 4, 6]);
  expect(await offsets({ unk_token: "<unk>", fuse_unk: false })).toEqual([0, 2, 2, 3, 3, 4, 4, 6]);
  expect(await offsets({})).toEqual([0, 2, 4, 6]);
});
