import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import { TokenizerError } from "./errors.js";
import { loadTokenizer } from "./load.js";

const File = z.looseObject({
  added_tokens: z.array(z.record(z.string(), z.unknown())),
  pre_tokenizer: z.record(z.string(), z.unknown()),
  model: z.looseObject({ vocab: z.record(z.string(), z.number()), merges: z.array(z.unknown()) }),
});
type File = z.infer<typeof File>;
const fileOf = (name: string) => File.parse(JSON.parse(readFileSync(fixturePath(name), "utf8")));

/** Loads a fixture after a change to it. */
async function loadChanged(change: (file: File) => unknown, name = "gpt2.json") {
  await using folder = await scratch();
  const file = fileOf(name);
  change(file);
  return await loadTokenizer(await folder.write("tokenizer.json", JSON.stringify(file)));
}

const split = (pattern: unknown, more: object = {}) => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern, behavior: "Isolated", invert: false, ...more },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
});
const gpt2Regex = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

describe("what loads", () => {
  const text = "Who's there, 2 of you?\n\n  [EOS]";
  const expected = async () => (await loadTokenizer(fixturePath("gpt2.json"))).encode(text);

  test.each<[string, (file: File) => unknown]>([
    [
      "merges as strings",
      ({ model }) => (model.merges = model.merges.map((m) => z.array(z.string()).parse(m).join(" "))),
    ],
    ["a model without a type", ({ model }) => delete model["type"]],
    [
      "empty prefix and suffix",
      ({ model }) => Object.assign(model, { continuing_subword_prefix: "", end_of_word_suffix: "" }),
    ],
    ["the pattern spelled out", (file) => (file.pre_tokenizer = split({ Regex: gpt2Regex }))],
    [
      "the pattern's matches kept",
      (file) => (file.pre_tokenizer = split({ Regex: gpt2Regex }, { behavior: "Removed", invert: true })),
    ],
    ["a sequence of one", (file) => (file.pre_tokenizer = { type: "Sequence", pretokenizers: [byteLevel] })],
    ["ByteLevel without use_regex, whose default is true", (file) => delete file.pre_tokenizer["use_regex"]],
    [
      "no decoder, no post-processor, no truncation",
      (file) => Object.assign(file, { decoder: null, post_processor: undefined, truncation: undefined }),
    ],
    ["an empty added token, which is none", (file) => file.added_tokens.push({ id: 9000, content: "" })],
    ["an empty sequence of normalizers", (file) => (file["normalizer"] = { type: "Sequence", normalizers: [] })],
  ])("%s", async (_, change) => {
    expect((await loadChanged(change)).encode(text)).toEqual(await expected());
  });

  test("a normalizer in a sequence", async () => {
    const tokenizer = await loadChanged((file) => {
      file["normalizer"] = { type: "Sequence", normalizers: [{ type: "NFC" }] };
    });
    expect(tokenizer.decode(tokenizer.encode("e\u0301"))).toBe("é");
  });

  test("bytes without a token are unknown, or dropped where nothing says what unknown is", async () => {
    const without = (unk: string | null, fuse: boolean) => (file: File) => {
      delete file.model.vocab["?"];
      file.model.merges = [];
      Object.assign(file.model, { unk_token: unk, fuse_unk: fuse });
    };
    const ids = async (unk: string | null, fuse: boolean) => [
      ...(await loadChanged(without(unk, fuse))).encode("a??!"),
    ];
    const [a, , , exclamation] = (await loadTokenizer(fixturePath("gpt2.json"))).encode("a??!");
    expect(await ids(null, false)).toEqual([a, exclamation]);
    expect(await ids("[UNK]", false)).toEqual([a, 1, 1, exclamation]);
    expect(await ids("[UNK]", true)).toEqual([a, 1, exclamation]);
  });

  test("a vocabulary with gaps: an id between two tokens stands for nothing", async () => {
    const tokenizer = await loadChanged((file) => {
      file.model.vocab["far"] = 5000;
    });
    expect(tokenizer.vocabSize).toBe(5001);
    expect(tokenizer.token(4999)).toBe("");
    expect(tokenizer.decode([4999, 5000])).toBe("far");
  });

  test("a token that spells no bytes decodes as it stands", async () => {
    const tokenizer = await loadChanged((file) => {
      file.added_tokens.push({ id: 5000, content: "a b", special: false });
    });
    expect(tokenizer.decode(tokenizer.encode("xa by"))).toBe("xa by");
    expect([...tokenizer.encode("a b")]).toEqual([5000]);
  });
});

test("an added token decodes as its file spells it, but for one that is looked for in normalized text", async () => {
  const decoded = async (name: string, normalized: boolean) => {
    const token = { id: 9000, content: "e\u0323!", special: false, normalized };
    return (await loadChanged((file) => file.added_tokens.push(token), name)).decode([9000]);
  };
  expect(await decoded("qwen2.json", true)).toBe("\u1eb9!");
  expect(await decoded("qwen2.json", false)).toBe("e\u0323!");
  expect(await decoded("gpt2.json", true)).toBe("e\u0323!"); // it normalizes nothing
});

test("an added token that is not normalized is looked for in the text as it comes, and not as it is normalized", async () => {
  const token = { id: 9000, content: "\u1eb9!", special: false, normalized: false };
  const tokenizer = await loadChanged((file) => file.added_tokens.push(token), "qwen2.json");
  expect([...tokenizer.encode("\u1eb9!")]).toEqual([9000]);
  expect([...tokenizer.encode("e\u0323!")]).not.toContain(9000);
});

test("where a word that is a token is that token, one that spells no bytes never is a word", async () => {
  const tokenizer = await loadChanged((file) => {
    file.model.vocab["not bytes"] = 5000;
    file.model.vocab["zqxjv"] = 5001;
  }, "llama3.json");
  expect([...tokenizer.encode("zqxjv")]).toEqual([5001]); // no merge makes it
  expect([...tokenizer.encode("not bytes")]).not.toContain(5000);
  expect(tokenizer.decode([5000])).toBe("not bytes");
});

describe("which token plays which part", () => {
  const specialsWith = async (config: string | null) => {
    await using folder = await scratch();
    await folder.write("tokenizer.json", readFileSync(fixturePath("llama3.json")));
    if (config !== null) await folder.write("tokenizer_config.json", config);
    return (await loadTokenizer(folder.path)).specials;
  };

  test("is what tokenizer_config.json says", async () => {
    const config = { bos_token: "<|end|>", eos_token: { content: "<|end|>x" }, pad_token: null, unk_token: "absent" };
    expect(await specialsWith(JSON.stringify(config))).toEqual({ pad: null, unk: null, bos: 1, eos: 2 });
  });

  test.each([null, "not JSON", '{"eos_token": 7}'])("or what usual names say, with the config %j", async (config) => {
    expect(await specialsWith(config)).toEqual({ pad: null, unk: null, bos: null, eos: 0 });
  });
});

test("what lies beside the file is saved with it", async () => {
  await using folder = await scratch();
  const files = { "tokenizer_config.json": '{"chat_template": "x"}', "chat_template.jinja": "{{ messages }}" };
  for (const name of ["gpt2.json", "pieces-llama2.json", "char.json"]) {
    await folder.write("tokenizer.json", readFileSync(fixturePath(name)));
    for (const [file, contents] of Object.entries(files)) await folder.write(file, contents);
    const to = `${folder.path}/${name}`;
    await (await loadTokenizer(folder.path)).save(to);
    for (const [file, contents] of Object.entries(files)) expect(readFileSync(`${to}/${file}`, "utf8")).toBe(contents);
    expect(readdirSync(to).length).toBe(3);
  }
});

describe("what is refused, by name", () => {
  test.each<[string, (file: File) => unknown, RegExp]>([
    ["truncation", (file) => (file["truncation"] = { max_length: 3 }), /"truncation"/],
    ["padding", (file) => (file["padding"] = {}), /"padding"/],
    ["another model", (file) => (file.model["type"] = "WordPiece"), /a "WordPiece" model; there are bpe/],
    ["dropout", (file) => (file.model["dropout"] = 0.1), /dropout \(0\.1\)/],
    ["byte_fallback", (file) => (file.model["byte_fallback"] = true), /byte_fallback/],
    ["a prefix", (file) => (file.model["continuing_subword_prefix"] = "##"), /continuing_subword_prefix "##"/],
    ["a suffix", (file) => (file.model["end_of_word_suffix"] = "</w>"), /end_of_word_suffix "<\/w>"/],
    ["an unknown token that is not there", (file) => (file.model["unk_token"] = "<oov>"), /unk_token "<oov>"/],
    [
      "an unknown token named as no token is",
      (file) => (file.model["unk_token"] = "constructor"),
      /unk_token "constructor"/,
    ],
    ["two tokens with one id", (file) => (file.model.vocab["!"] = 5), /same id/],
    ...[["a"], [5], null, 3, "abc"].map((vocab): [string, (file: File) => unknown, RegExp] => [
      `a vocabulary that is ${JSON.stringify(vocab)}`,
      (file) => Object.assign(file.model, { vocab }),
      /each token to a whole number/,
    ]),
    ["an id that is no number", (file) => Object.assign(file.model.vocab, { a: "1" }), /each token to a whole number/],
    ["an id that is too large", (file) => (file.model.vocab["!"] = 2 ** 31), /each token to a whole number/],
    ["a merge of three", (file) => file.model.merges.push("a b c"), /merge \d+ is "a b c"/],
    ["a merge of one", (file) => file.model.merges.push("ab"), /merge \d+ is "ab"/],
    ["a merge of what is not there", (file) => file.model.merges.push(["a", "ﬀ"]), /"ﬀ", which is not in/],
    [
      "a merge named as no token is",
      (file) => file.model.merges.push(["a", "toString"]),
      /"toString", which is not in/,
    ],
    ["a merge to what is not there", (file) => file.model.merges.push(["!", "!"]), /"!!", which is not in/],
    [
      "a merge of a token without end",
      (file) => file.model.merges.push(["a", "b".repeat(1e6)]),
      /^the tokenizer.json is broken: merge \d+ makes or takes "b{9900,10000} …$/,
    ],
    ["another decoder", (file) => (file["decoder"] = { type: "Metaspace" }), /the decoder "Metaspace"/],
    ["another post-processor", (file) => (file["post_processor"] = { type: "New" }), /the post_processor "New"/],
    ["another normalizer", (file) => (file["normalizer"] = { type: "Lowercase" }), /the normalizer "Lowercase"/],
    ["a sequence without steps", (file) => (file["normalizer"] = { type: "Sequence" }), /without "normalizers"/],
    ["another pre-tokenizer", (file) => (file.pre_tokenizer = { type: "Whitespace" }), /\(Whitespace\)/],
    ["no pre-tokenizer", (file) => Object.assign(file, { pre_tokenizer: null }), /\(none\)/],
    ["a prefix space", (file) => (file.pre_tokenizer["add_prefix_space"] = true), /add_prefix_space/],
    ["no word about a prefix space", (file) => delete file.pre_tokenizer["add_prefix_space"], /ByteLevel: /],
    ["no splitting at all", (file) => (file.pre_tokenizer["use_regex"] = false), /either ByteLevel splits/],
    [
      "two ways to split",
      (file) => {
        file.pre_tokenizer = {
          type: "Sequence",
          pretokenizers: [...split({ Regex: gpt2Regex }).pretokenizers.slice(0, 1), byteLevel],
        };
      },
      /either ByteLevel splits/,
    ],
    [
      "another way to split",
      (file) => {
        file.pre_tokenizer = {
          type: "Sequence",
          pretokenizers: [{ type: "Digits" }, { ...byteLevel, use_regex: false }],
        };
      },
      /the pre_tokenizer "Digits"/,
    ],
    [
      "numbers kept whole",
      (file) => {
        file.pre_tokenizer = {
          type: "Sequence",
          pretokenizers: [{ type: "Digits", individual_digits: false }, byteLevel],
        };
      },
      /Digits that are kept together/,
    ],
    [
      "another pattern",
      (file) => (file.pre_tokenizer = split({ Regex: "\\w+" })),
      /the Split pattern .*gpt2, llama3, qwen2/,
    ],
    [
      "a string as pattern",
      (file) => (file.pre_tokenizer = split({ String: " " })),
      /the Split pattern \{"String":" "\}/,
    ],
    [
      "another behaviour",
      (file) => (file.pre_tokenizer = split({ Regex: gpt2Regex }, { behavior: "MergedWithNext" })),
      /MergedWithNext/,
    ],
    [
      "another behaviour of what lies between the matches",
      (file) => (file.pre_tokenizer = split({ Regex: gpt2Regex }, { behavior: "MergedWithNext", invert: true })),
      /MergedWithNext/,
    ],
    ["a Split without a pattern", (file) => (file.pre_tokenizer = split(undefined)), /Split: /],
    [
      "lstrip",
      (file) => file.added_tokens.push({ id: 5000, content: "x y", lstrip: true }),
      /"lstrip" of the added token "x y"/,
    ],
    ["an added token in another's place", (file) => file.added_tokens.push({ id: 5, content: "x y" }), /has the id 5/],
    [
      "an added token elsewhere than listed",
      (file) => file.added_tokens.push({ id: 5000, content: "!" }),
      /says otherwise/,
    ],
    [
      "an added token far away",
      (file) => file.added_tokens.push({ id: 2 ** 40, content: "x y" }),
      /has the id 1099511627776/,
    ],
    ["an added token without an id", (file) => file.added_tokens.push({ content: "x y" }), /is not a tokenizer\.json/],
  ])("%s", async (_, change, message) => {
    const error = await loadChanged(change).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenizerError);
    expect(error).toMatchObject({ code: "TOKENIZER_LOAD_FAILED" });
    expect(() => {
      throw error;
    }).toThrow(message);
  });

  test.each(["", "{", "[]", "null", '{"model": 3}', '{"kind": "words"}', '{"model": {"vocab": {}}}', "\0\0\0"])(
    "the file %j",
    async (text) => {
      await using folder = await scratch();
      await expect(loadTokenizer(await folder.write("x.json", text))).rejects.toMatchObject({
        code: "TOKENIZER_LOAD_FAILED",
      });
    },
  );

  test("every file cut short", async () => {
    await using folder = await scratch();
    const whole = readFileSync(fixturePath("qwen2.json"));
    for (let size = 0; size < whole.length; size += 997) {
      const path = await folder.write("cut.json", whole.subarray(0, size));
      await expect(loadTokenizer(path)).rejects.toMatchObject({ code: "TOKENIZER_LOAD_FAILED" });
    }
  });

  test("a path with nothing there, a folder without the file, a file that cannot be read", async () => {
    await using folder = await scratch();
    await expect(loadTokenizer(`${folder.path}/none`)).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
    await expect(loadTokenizer(folder.path)).rejects.toMatchObject({
      code: "TOKENIZER_NOT_FOUND",
      message: `the folder ${folder.path} has no tokenizer.json and no tokenizer.model`,
    });
    await expect(loadTokenizer("/proc/self/mem")).rejects.toMatchObject({ code: "TOKENIZER_LOAD_FAILED" });
  });
});

test("a file of steps in steps, a hundred thousand deep, is refused in words", async () => {
  await using folder = await scratch();
  const steps = `${'{"type":"Sequence","pretokenizers":['.repeat(1e5)}${"]}".repeat(1e5)}`;
  const path = await folder.write("tokenizer.json", `{"model":{"type":"BPE"},"pre_tokenizer":${steps}}`);
  await expect(loadTokenizer(path)).rejects.toThrow(/^\S+ is nested deeper than 100 levels/);
});
