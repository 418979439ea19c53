import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import {
  build,
  charLstm,
  charLstmConfig,
  ggufValue,
  gpt2,
  gpt2Config,
  llama,
  llamaConfig,
  openGguf,
  saveModel,
  writeGgufModel,
} from "@trainer/models";
import { loadTokenizer, trainChar, trainSentencePiece, type Tokenizer } from "@trainer/tokenizers";
import { scratch, type Scratch } from "@trainer/testing";
import { setNumThreads } from "@trainer/torch";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { TrainingError } from "../src/errors.js";
import { openHome } from "../src/home/home.js";
import { resolveRun } from "../src/home/resolve-run.js";
import { exportRun } from "../src/inference/export-run.js";
import { generate } from "../src/inference/generate.js";
import { exportGguf } from "../src/inference/gguf/export-gguf.js";
import { ollamaTemplate } from "../src/inference/gguf/ollama-template.js";
import { readTokenizerKeys } from "../src/inference/gguf/tokenizer-keys.js";
import { isGguf } from "../src/inference/gguf/unpack-gguf.js";
import { openModel } from "../src/inference/open-model.js";
import { score } from "../src/inference/score.js";
import { tinyGpt2 } from "./fixture.js";

setNumThreads(1);
const home = openHome("no-such-home");

const jsonIn = async (path: string) =>
  z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, "utf8")));

/** The tiny model's folder with other files in it. */
async function folderWith(folder: Scratch, files: Readonly<Record<string, object | string>>): Promise<string> {
  const dir = folder.join("model");
  await cp(tinyGpt2, dir, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFile(`${dir}/${name}`, typeof content === "string" ? content : JSON.stringify(content));
  return dir;
}

const exported = (ref: string, folder: Scratch, type: "f32" | "q8_0" = "f32") =>
  exportGguf(ref, folder.join("out", "m.gguf"), { home, type });

test("a run as one file is the same model: scores and texts to the bit, and a folder again", async () => {
  await using folder = await scratch();
  const { path, bytes, modelfile, notes } = await exported(tinyGpt2, folder);
  expect(notes).toEqual([]);
  expect((await readFile(path)).length).toBe(bytes);
  expect(await readFile(modelfile, "utf8")).toBe(
    'FROM ./m.gguf\nTEMPLATE """{{ .Prompt }}"""\nPARAMETER num_ctx 32\nPARAMETER stop "[EOS]"\n',
  );
  {
    using original = await openModel(tinyGpt2, { home });
    using again = await openModel(path, { home });
    expect(again).toMatchObject({
      id: null,
      weights: path,
      manifest: null,
      eosId: original.eosId,
      ends: original.ends,
    });
    const text = { text: "The lamp was lit." };
    expect(await score(again, text)).toEqual(await score(original, text));
    const input = { prompt: "The lamp", maxNewTokens: 20, seed: 1 };
    expect(await generate(again, input)).toEqual(await generate(original, input));
    using half = await openModel(path, { home, weightType: "bf16" });
    expect((await score(half, text)).loss).not.toBe((await score(original, text)).loss);
  }
  const back = await exportRun(path, folder.join("back"), { home });
  expect(back.files).toContain("model.safetensors");
  using folderAgain = await openModel(folder.join("back"), { home });
  using original = await openModel(tinyGpt2, { home });
  expect(await score(folderAgain, { text: "Twice." })).toEqual(await score(original, { text: "Twice." }));
  const left = await readdir(`${tmpdir()}/trainer-gguf-${process.getuid?.()}`);
  expect(left.filter((name) => name.startsWith(`.tmp-${process.pid}.`))).toEqual([]);
});

test("a GGUF file is a model by its path alone, and a run of that name comes first", async () => {
  await using folder = await scratch();
  const own = openHome(folder.join("runs"));
  const { path } = await exported(tinyGpt2, folder);
  expect(await isGguf(path, own)).toBe(true);
  expect(await isGguf("none.gguf", own)).toBe(false);
  expect(await isGguf(tinyGpt2, own)).toBe(false);
  expect(await isGguf(path, openHome(folder.join("runs"), folder.path))).toBe(false);
  const here = process.cwd();
  process.chdir(folder.join("out"));
  try {
    expect(await isGguf("m.gguf", own)).toBe(true);
    await mkdir(folder.join("runs", "models", "m.gguf"), { recursive: true });
    expect(await isGguf("m.gguf", own)).toBe(false);
    expect(await isGguf("./m.gguf", own)).toBe(true);
  } finally {
    process.chdir(here);
  }
});

test("a training cannot start from one, and is told what can be done", async () => {
  await using folder = await scratch();
  const { path } = await exported(tinyGpt2, folder);
  await expect(resolveRun(path, home)).rejects.toThrow(
    `${path} is a GGUF file, which can be asked and exported, and nothing else: make a folder of it, \`trainer export ${path} --out FOLDER\``,
  );
});

test("files in the way are kept, unless they are to be replaced", async () => {
  await using folder = await scratch();
  const out = folder.join("m.gguf");
  const options = { home, type: "f32" } as const;
  await expect(exportGguf(tinyGpt2, folder.join("m.bin"), options)).rejects.toThrow("does not end in .gguf");
  await folder.write("m.Modelfile", "mine");
  await expect(exportGguf(tinyGpt2, out, options)).rejects.toThrow(/m.Modelfile exists; name a new file/);
  await exportGguf(tinyGpt2, out, { ...options, force: true });
  await expect(exportGguf(tinyGpt2, out, options)).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(exportGguf(out, out, { ...options, force: true })).rejects.toThrow("is the model itself");
  await mkdir(folder.join("dir.gguf"));
  await expect(exportGguf(tinyGpt2, folder.join("dir.gguf"), options)).rejects.toThrow("is a folder; name a file");
  await exportGguf(out, folder.join("smaller.gguf"), { home, type: "q8_0" });
});

describe("what cannot be is refused by name, and nothing is written", () => {
  async function saved(folder: Scratch, tokenizer: Tokenizer, lstm = false): Promise<string> {
    const { vocabSize } = tokenizer;
    const model = lstm
      ? build(charLstm, charLstmConfig({ vocabSize }))
      : build(gpt2, gpt2Config({ vocabSize, nPositions: 8, nEmbd: 8, nLayer: 1, nHead: 1 }));
    await saveModel(folder.join("model"), model, { bosTokenId: null, eosTokenId: null, padTokenId: null });
    await tokenizer.save(folder.join("model"));
    return folder.join("model");
  }

  test("an LSTM", async () => {
    await using folder = await scratch();
    const model = await saved(folder, await trainChar({ texts: ["some text"] }), true);
    await expect(exported(model, folder)).rejects.toThrow("there is no GGUF of this model: it is a char_lstm, and");
    await expect(readdir(folder.join("out"))).rejects.toThrow("ENOENT");
  });

  test("an adapter without its base", async () => {
    await using folder = await scratch();
    await folder.write("adapter_config.json", "{}");
    await expect(exported(folder.path, folder)).rejects.toThrow(
      `the folder ${folder.path} holds an adapter alone, which is no model without its base: a run with --lora-rank`,
    );
  });

  test("characters", async () => {
    await using folder = await scratch();
    const model = await saved(folder, await trainChar({ texts: ["some text"] }));
    await expect(exported(model, folder)).rejects.toThrow("its tokenizer is of single characters (char)");
    await expect(readdir(folder.join("out"))).rejects.toThrow("ENOENT");
  });
});

const CHATML =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

describe("conversations", () => {
  test("a chat template goes into the file, and into the Modelfile as ollama says it", async () => {
    await using folder = await scratch();
    const { path, modelfile, notes } = await exported(
      await folderWith(folder, { "chat_template.jinja": CHATML }),
      folder,
    );
    expect(notes).toEqual([]);
    expect(await readFile(modelfile, "utf8")).toContain(
      'TEMPLATE """{{ if .System }}<|system|>{{ .System }}[EOS]{{ else }}{{ end }}{{ range .Messages }}' +
        '{{ if eq .Role "user" }}<|user|>{{ .Content }}[EOS]{{ else if eq .Role "assistant" }}' +
        '<|assistant|>{{ .Content }}[EOS]{{ end }}{{ end }}<|assistant|>"""',
    );
    using opened = await openModel(path, { home });
    expect(opened.chatTemplate).toBe(CHATML);
  });

  test.each([
    ["that is no Jinja", "{% if %}"],
    ["whose answers differ", "{% for m in messages %}{{ m['content'] }}{{ loop.index }}{% endfor %}"],
    [
      "with quotes at an end, as a Modelfile has around it",
      `{% for m in messages %}{{ m['content'] }}!{% endfor %}{% if add_generation_prompt %}"{% endif %}`,
    ],
    ["of the last message alone", "{{ messages[-1]['content'] }}"],
    ["that says a message twice", "{% for m in messages %}{{ m['content'] + m['content'] }}{% endfor %}"],
    ["with what ollama would take for its own", "{% for m in messages %}{{ '{{' + m['content'] }}{% endfor %}"],
    [
      "that leaves messages out",
      "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }}{% endif %}{% endfor %}",
    ],
    [
      "that begins another way the first time",
      "{% for m in messages %}{{ ('A' if loop.first else 'BB') + m['content'] }}{% endfor %}",
    ],
  ])("one %s is for llama.cpp alone, and that is said", async (_what, template) => {
    await using folder = await scratch();
    const { modelfile, notes } = await exported(await folderWith(folder, { "chat_template.jinja": template }), folder);
    expect(notes).toEqual([
      "The chat template is in the file for llama.cpp; ollama's language cannot say it, and gets the bare prompt.",
    ]);
    expect(await readFile(modelfile, "utf8")).toContain('TEMPLATE """{{ .Prompt }}"""');
  });

  test("one without system messages, and one with a beginning that the program puts itself", async () => {
    await using folder = await scratch();
    const template =
      "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('none') }}{% endif %}" +
      "{{ '\\n' + m['role'] + ': ' + m['content'] }}{% endfor %}{% if add_generation_prompt %}{{ '\\nassistant: ' }}{% endif %}";
    const json = await jsonIn(`${tinyGpt2}/tokenizer.json`);
    const unframed = { ...json, post_processor: null };
    const dir = await folderWith(folder, { "chat_template.jinja": template, "tokenizer.json": unframed });
    const config = await jsonIn(`${dir}/tokenizer_config.json`);
    await writeFile(`${dir}/tokenizer_config.json`, JSON.stringify({ ...config, add_bos_token: true }));
    const { path, modelfile } = await exported(dir, folder);
    expect(await readFile(modelfile, "utf8")).toContain(
      'TEMPLATE """{{ range .Messages }}{{ if eq .Role "user" }}\nuser: {{ .Content }}{{ else if eq .Role "assistant" }}' +
        '\nassistant: {{ .Content }}{{ end }}{{ end }}\nassistant: """',
    );
    expect(openGguf(path).metadata.get("tokenizer.ggml.add_bos_token")).toBe(true);
    using opened = await openModel(path, { home });
    using original = await openModel(dir, { home });
    expect(opened.tokenizer.frame).toEqual(original.tokenizer.frame);
  });
});

test("a template that does not begin as the program does is taken as it is", () => {
  const tokenizer = { specials: { pad: null, unk: null, bos: null, eos: 1 }, token: () => "</s>" };
  const said = ollamaTemplate(CHATML, tokenizer, "<s>");
  expect(said).toContain('{{ if eq .Role "user" }}<|user|>{{ .Content }}</s>{{ else');
});

test.each([
  ["unigram", { modelType: "unigram" }],
  ["BPE", { modelType: "bpe", byteFallback: true, normalizationRuleName: "identity", removeExtraWhitespaces: false }],
] as const)("a SentencePiece model goes into the file whole: %s", async (_name, options) => {
  await using folder = await scratch();
  const corpus = fileURLToPath(new URL("../../../examples/corpus/tinyshakespeare.txt", import.meta.url));
  const tokenizer = await trainSentencePiece({
    files: [corpus],
    vocabSize: 400,
    ...options,
    inputSentenceSize: 1000,
  });
  const model = build(gpt2, gpt2Config({ vocabSize: 400, nPositions: 32, nEmbd: 16, nLayer: 1, nHead: 2 }), {
    seed: 1,
  });
  await saveModel(folder.join("model"), model, { bosTokenId: 1, eosTokenId: 2, padTokenId: null });
  await tokenizer.save(folder.join("model"));
  const { path } = await exported(folder.join("model"), folder);
  using original = await openModel(folder.join("model"), { home });
  using again = await openModel(path, { home });
  expect(again.tokenizer.kind).toBe("sentencepiece");
  const text = { text: "Speak,  speak ﬁrst!" };
  expect(await score(again, text)).toEqual(await score(original, text));
});

test("a file that names no end of text has none", async () => {
  await using folder = await scratch();
  const { text, texts } = ggufValue;
  const model = build(gpt2, gpt2Config({ vocabSize: 300, nPositions: 32, nEmbd: 16, nLayer: 1, nHead: 2 }), {
    seed: 1,
  });
  const tokens = Array.from({ length: 300 }, (_, id) => (id < 94 ? String.fromCharCode(33 + id) : `<${id}>`));
  const metadata = [
    ["tokenizer.ggml.model", text("gpt2")],
    ["tokenizer.ggml.pre", text("gpt-2")],
    ["tokenizer.ggml.tokens", texts(tokens)],
    ["tokenizer.ggml.merges", texts([])],
  ] as const;
  await writeGgufModel(folder.join("a.gguf"), model, { type: "f32", name: "a", metadata });
  using opened = await openModel(folder.join("a.gguf"), { home });
  expect(opened).toMatchObject({ eosId: null, startId: null });
  expect([...opened.ends]).toEqual([]);
});

test("all tokens that end a text are told, as far as llama.cpp can be", async () => {
  await using folder = await scratch();
  const dir = await folderWith(folder, { "generation_config.json": { eos_token_id: [3, 4, 5] } });
  const { path, modelfile, notes } = await exported(dir, folder);
  const { metadata } = openGguf(path);
  const keys = ["eos", "eot", "eom"].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`));
  expect(keys).toEqual([3, 4, 5]);
  expect(notes).toEqual([]);
  expect((await readFile(modelfile, "utf8")).match(/PARAMETER stop/g)?.length).toBe(3);
  using opened = await openModel(path, { home });
  expect(opened.ends).toEqual(new Set([3, 4, 5]));
  await writeFile(`${dir}/generation_config.json`, JSON.stringify({ eos_token_id: [3, 4, 5, 6] }));
  const { notes: more } = await exportGguf(dir, path, { home, type: "f32", force: true });
  expect(more).toEqual(["llama.cpp is told of three of the 4 tokens that end a text; ollama of all."]);
});

test("what differs all the same is said: normal forms, and matrices that do not fit a type", async () => {
  await using folder = await scratch();
  const json = await jsonIn(`${tinyGpt2}/tokenizer.json`);
  const dir = await folderWith(folder, { "tokenizer.json": { ...json, normalizer: { type: "NFC" } } });
  const { notes } = await exported(dir, folder, "q8_0");
  expect(notes[0]).toContain("llama.cpp does not bring texts to their normal form (NFC)");
  const small = build(
    llama,
    llamaConfig({ vocabSize: 320, hiddenSize: 48, intermediateSize: 32, numHiddenLayers: 1, numAttentionHeads: 2 }),
  );
  const tokenizer = await loadTokenizer(tinyGpt2);
  await saveModel(folder.join("odd"), small, { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 });
  await tokenizer.save(folder.join("odd"));
  const odd = await exportGguf(folder.join("odd"), folder.join("odd.gguf"), { home, type: "q8_0" });
  expect(odd.notes).toEqual([
    "8 matrices are in f16: their rows are no multiple of the 32 numbers of a block of q8_0.",
  ]);
});

describe("a file from elsewhere", () => {
  const { bool, f32s, i32s, text, texts, u32 } = ggufValue;
  const keys = (pairs: ggufValue.TypedMetadata) =>
    readTokenizerKeys({
      path: "a.gguf",
      metadata: new Map(
        pairs.map(([key, { value }]) => [`tokenizer.ggml.${key}`, typeof value === "object" ? [...value] : value]),
      ),
    });
  const tokens = texts(["<unk>", "<s>", "</s>"]);

  test("what it leaves out is as llama.cpp has it", () => {
    expect(
      keys([
        ["model", text("llama")],
        ["tokens", tokens],
      ]).tokenizer,
    ).toMatchObject({
      types: [1, 1, 1],
      scores: [0, 0, 0],
      bos: 1,
      eos: 2,
      unk: 0,
      pad: null,
      addBos: true,
      normalizer: { addSpacePrefix: true, removeExtraWhitespaces: false },
    });
    expect(
      keys([
        ["model", text("t5")],
        ["tokens", texts(["a", "b"])],
      ]).tokenizer,
    ).toMatchObject({ eos: 1, unk: null, pad: 0, addBos: false });
    const bpe = [
      ["model", text("gpt2")],
      ["tokens", tokens],
    ] as const;
    expect(keys([...bpe, ["pre", text("llama-bpe")], ["bos_token_id", u32(1)]]).tokenizer).toMatchObject({
      addBos: true,
      bos: 1,
      eos: null,
      normalizer: null,
      scores: null,
    });
    expect(keys([...bpe, ["pre", text("llama-bpe")], ["add_bos_token", bool(false)]]).tokenizer).toMatchObject({
      addBos: false,
      bos: null,
    });
    expect(keys(bpe)).toMatchObject({ ends: [], chatTemplate: null });
  });

  test.each<[string, ggufValue.TypedMetadata, string]>([
    ["no tokenizer", [], "a.gguf holds no tokenizer: there is no tokenizer.ggml.model in it"],
    [
      "an unknown kind",
      [
        ["model", text("bert")],
        ["tokens", tokens],
      ],
      "a.gguf: its tokenizer cannot be read: tokenizer.ggml.model: ",
    ],
    ["no tokens", [["model", text("gpt2")]], "tokenizer.ggml.tokens: "],
    [
      "too few types",
      [
        ["model", text("gpt2")],
        ["tokens", tokens],
        ["token_type", i32s([1])],
      ],
      "tokenizer.ggml.token_type: 1 items for 3 tokens",
    ],
    [
      "too many scores",
      [
        ["model", text("llama")],
        ["tokens", tokens],
        ["scores", f32s([1, 2, 3, 4])],
      ],
      "tokenizer.ggml.scores: 4 items for 3 tokens",
    ],
    [
      "an end past its tokens",
      [
        ["model", text("gpt2")],
        ["tokens", tokens],
        ["eos_token_id", u32(3)],
      ],
      "tokenizer.ggml.eos_token_id: 3 is past the 3 tokens",
    ],
  ])("%s is refused by name", (_what, pairs, message) => {
    expect(() => keys(pairs)).toThrow(message);
    expect(() => keys(pairs)).toThrow(TrainingError);
  });

  test("an error about a part of it names it, and leaves nothing behind", async () => {
    await using folder = await scratch();
    const { path } = await exported(tinyGpt2, folder);
    const bytes = await readFile(path);
    const at = bytes.indexOf("gpt-2") + 4;
    const cut = folder.join("cut.gguf");
    await writeFile(cut, Buffer.concat([bytes.subarray(0, at), Buffer.from("9"), bytes.subarray(at + 1)]));
    await expect(openModel(cut, { home })).rejects.toThrow(`${cut}: tokenizer.ggml.pre is "gpt-9"`);
    await writeFile(cut, bytes.subarray(0, bytes.length - 100));
    await expect(openModel(cut, { home })).rejects.toThrow(
      /cut.gguf is not a sound GGUF file: tensor .* it is cut off/,
    );
    const heads = bytes.indexOf("gpt2.attention.head_count") + 25 + 4;
    await writeFile(cut, Buffer.concat([bytes.subarray(0, heads), Buffer.from([5]), bytes.subarray(heads + 1)]));
    await expect(openModel(cut, { home })).rejects.toThrow(
      /^[^:]*cut.gguf: config.json: not a GPT-2 that can be built \(n_embd/,
    );
    const merge = bytes.indexOf("tokenizer.ggml.merges") + 21 + 4 + 4 + 8 + 8;
    await writeFile(cut, Buffer.concat([bytes.subarray(0, merge), Buffer.from("~"), bytes.subarray(merge + 1)]));
    await expect(openModel(cut, { home })).rejects.toThrow(/cut.gguf: the tokenizer.json is broken: merge 0/);
  });
});
