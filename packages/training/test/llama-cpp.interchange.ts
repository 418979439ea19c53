import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  build,
  elementTypeNames,
  gpt2,
  gpt2Config,
  llama,
  llamaConfig,
  qwen,
  qwenConfig,
  type CausalLm,
} from "@trainer/models";
import {
  filesOfGguf,
  loadTokenizer,
  tokenizerToGguf,
  tokenTypes,
  trainBpe,
  trainSentencePiece,
  type Tokenizer,
} from "@trainer/tokenizers";
import { scratch, scratchPath } from "@trainer/testing";
import { describe, expect, test } from "vitest";
import { openHome } from "../src/home/home.js";
import { exportGguf } from "../src/inference/gguf/export-gguf.js";
import { generate } from "../src/inference/generate.js";
import { openModel } from "../src/inference/open-model.js";
import { score } from "../src/inference/score.js";
import { noLlamaCpp, openLlamaCpp } from "./llama-cpp.js";
import { memorize, saveFolder } from "./memorized.js";
import { MARKS, piecesOf, PREPEND } from "./pieces.js";
import { stringsOf } from "./strings.js";

if (noLlamaCpp !== null) console.log(`not run here: llama.cpp computes what we do of a GGUF file: ${noLlamaCpp}`);

const corpus = fileURLToPath(new URL("../../../examples/corpus/tinyshakespeare.txt", import.meta.url));
const text = readFileSync(corpus, "utf8");
const home = openHome("no-such-home");
const CONTEXT = 128;

const bpe = await trainBpe({ files: [corpus], vocabSize: 512 });
const sentencePiece = { files: [corpus], vocabSize: 512, inputSentenceSize: 2000 };
const pieceModel = () =>
  trainSentencePiece({
    ...sentencePiece,
    vocabSize: 2000,
    normalizationRuleName: "identity",
    removeExtraWhitespaces: false,
    byteFallback: true,
  });

/** The same tokens and merges, with words cut as other models do. */
async function cutAs(pre: string): Promise<Tokenizer> {
  const folder = scratchPath("cut");
  const gguf = tokenizerToGguf(bpe, { vocabSize: bpe.vocabSize, eosId: null });
  const files = filesOfGguf({ ...gguf, pre });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  return loadTokenizer(folder);
}

/** The model's text by heart: what ends after the first lines. */
const LEARNED = text.slice(0, text.indexOf("?") + 1);
const PROMPT = "First Citizen:";

type Build = (vocabSize: number) => CausalLm;
const decoder = { hiddenSize: 64, intermediateSize: 96, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2 };
const sized = (vocabSize: number) => ({ ...decoder, vocabSize, maxPositionEmbeddings: CONTEXT });
const scaled = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: CONTEXT,
};

const FAMILIES: readonly (readonly [name: string, make: Build])[] = [
  [
    "gpt2",
    (vocabSize) =>
      build(
        gpt2,
        gpt2Config({
          vocabSize,
          nPositions: CONTEXT,
          nEmbd: 64,
          nLayer: 2,
          nHead: 4,
          embdPdrop: 0,
          attnPdrop: 0,
          residPdrop: 0,
        }),
        { seed: 1 },
      ),
  ],
  [
    "gpt2 with a feed-forward layer of its own width",
    (vocabSize) =>
      build(gpt2, gpt2Config({ vocabSize, nPositions: CONTEXT, nEmbd: 64, nLayer: 1, nHead: 2, nInner: 96 }), {
        seed: 2,
      }),
  ],
  ["llama", (vocabSize) => build(llama, llamaConfig({ ...sized(vocabSize), tieWordEmbeddings: true }), { seed: 3 })],
  [
    "llama with biases, heads of another width and a head apart",
    (vocabSize) =>
      build(llama, llamaConfig({ ...sized(vocabSize), headDim: 32, attentionBias: true, mlpBias: true }), { seed: 4 }),
  ],
  [
    "llama 3.1",
    (vocabSize) =>
      build(llama, llamaConfig({ ...sized(vocabSize), headDim: 32, ropeScaling: scaled }), {
        seed: 5,
      }),
  ],
  [
    "llama with linear scaling",
    (vocabSize) =>
      build(llama, llamaConfig({ ...sized(vocabSize), ropeScaling: { rope_type: "linear", factor: 2 } }), { seed: 6 }),
  ],
  [
    "llama with YaRN",
    (vocabSize) =>
      build(
        llama,
        llamaConfig({
          ...sized(vocabSize),
          ropeScaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 32 },
        }),
        { seed: 7 },
      ),
  ],
  ["qwen2", (vocabSize) => build(qwen, qwenConfig({ modelType: "qwen2", ...sized(vocabSize) }), { seed: 8 })],
  [
    "qwen3",
    (vocabSize) => build(qwen, qwenConfig({ ...sized(vocabSize), headDim: 32, tieWordEmbeddings: true }), { seed: 9 }),
  ],
];

describe.skipIf(noLlamaCpp !== null)("in llama.cpp", () => {
  test.each(FAMILIES)("%s has the same perplexity, writes the same text and ends it there", async (_name, make) => {
    await using folder = await scratch();
    const model = make(bpe.vocabSize + 3); // rows without a token
    const eos = bpe.specials.eos ?? 0;
    const learned = [...bpe.encode(LEARNED), eos];
    memorize(model, learned);
    await saveFolder(folder.join("model"), model, bpe);
    const path = folder.join("model.gguf");
    await exportGguf(folder.join("model"), path, { home, type: "f32" });
    await using theirs = await openLlamaCpp(path, CONTEXT);
    using ours = await openModel(folder.join("model"), { home, device: "cpu" });

    const other = text.slice(5000, 5150);
    const ids = theirs.encode(other);
    expect(ids).toEqual([...bpe.encode(other)]);
    const { loss } = await score(ours, { text: other });
    expect(Math.exp((await theirs.loss(ids)) - (loss ?? 0))).toBeCloseTo(1, 3); // perplexities within 0.05 %

    const written = await generate(ours, { prompt: PROMPT, temperature: 0, maxNewTokens: 120 });
    const made = await theirs.greedy(theirs.encode(PROMPT), 120);
    expect(bpe.decode(made)).toBe(written.outputs[0]);
    expect(PROMPT + bpe.decode(made)).toBe(LEARNED);
    expect(written.finishReasons).toEqual(["eos"]);
    expect([
      theirs.model.tokenEos(),
      theirs.model.shouldPrependBosToken(),
      theirs.model.shouldAppendEosToken(),
    ]).toEqual([eos, false, false]);
  });

  test.each([
    ["byte-level BPE as GPT-2 cuts", async () => bpe],
    ["byte-level BPE as Llama 3 cuts", () => cutAs("llama-bpe")],
    ["byte-level BPE as Llama 3 cuts, words by their merges", () => cutAs("smaug-bpe")],
    ["byte-level BPE as Qwen cuts", () => cutAs("qwen2")],
    ["byte-level BPE as SmolLM cuts", () => cutAs("smollm")],
    [
      "SentencePiece's unigram in lower case",
      () =>
        trainSentencePiece({
          ...sentencePiece,
          modelType: "unigram",
          normalizationRuleName: "nmt_nfkc_cf",
        }),
    ],
    [
      "SentencePiece's BPE with bytes and pieces that are always found",
      () =>
        trainSentencePiece({
          ...sentencePiece,
          normalizationRuleName: "identity",
          removeExtraWhitespaces: false,
          addDummyPrefix: false,
          byteFallback: true,
          userDefinedSymbols: ["<sep>", "king"],
        }),
    ],
    ["SentencePiece's unigram", () => trainSentencePiece({ ...sentencePiece, modelType: "unigram" })],
    [
      "SentencePiece's unigram without normalization",
      () =>
        trainSentencePiece({
          ...sentencePiece,
          modelType: "unigram",
          normalizationRuleName: "identity",
          removeExtraWhitespaces: false,
          addDummyPrefix: false,
        }),
    ],
    [
      "SentencePiece's BPE with bytes",
      () =>
        trainSentencePiece({
          ...sentencePiece,
          normalizationRuleName: "identity",
          removeExtraWhitespaces: false,
          byteFallback: true,
        }),
    ],
    ["a tokenizer.json of pieces as Llama 2 has it", async () => piecesOf(await pieceModel(), [PREPEND, MARKS])],
    ["a tokenizer.json of pieces as Gemma has it", async () => piecesOf(await pieceModel(), [MARKS])],
    [
      "a tokenizer.json of pieces as later Mistrals have it",
      async () => {
        const first = { type: "Metaspace", replacement: "\u2581", prepend_scheme: "first", split: false };
        return piecesOf(await pieceModel(), [], { pre: first });
      },
    ],
    [
      "a tokenizer.json of pieces with some that are always found",
      async () => piecesOf(await pieceModel(), [MARKS], { found: ["\n\n", "\n\n\n", "<sep>", "king"] }),
    ],
  ] as const)("%s gives the same ids of a thousand strings of all scripts", async (name, make) => {
    await using folder = await scratch();
    const tokenizer = await make();
    const model = build(
      llama,
      llamaConfig({ ...sized(tokenizer.vocabSize), numHiddenLayers: 1, hiddenSize: 32, intermediateSize: 32 }),
      { seed: 1 },
    );
    await saveFolder(folder.join("model"), model, tokenizer);
    const path = folder.join("model.gguf");
    await exportGguf(folder.join("model"), path, { home, type: "q8_0" });
    await using theirs = await openLlamaCpp(path, CONTEXT);
    using again = await openModel(path, { home, device: "cpu" });
    const runs = Array.from(
      { length: 40 },
      (_, i) => `a${" ".repeat(i)}b${"\n".repeat(i)}${"ha".repeat(i)}${"aab".repeat(i)}`,
    );
    // Where Metaspace puts no mark, llama.cpp puts one, which the export says.
    const same = name.includes("later Mistrals") ? (string: string) => !/^[ \u2581]/.test(string) : () => true;
    const strings = [...stringsOf(1000), ...runs, text.slice(0, 20_000)].filter(same);
    const wrong = strings.filter((string) => theirs.encode(string).join() !== tokenizer.encode(string).join());
    expect(wrong).toEqual([]);
    expect(
      strings.filter((string) => again.tokenizer.encode(string).join() !== tokenizer.encode(string).join()),
    ).toEqual([]);
  });

  test("special tokens that a text spells are found where that is allowed, a begin token is put, and every end ends", async () => {
    await using folder = await scratch();
    const gguf = tokenizerToGguf(bpe, { vocabSize: bpe.vocabSize, eosId: null });
    const types = gguf.types.map((type, id) => (gguf.tokens[id] === "ing" ? tokenTypes.userDefined : type));
    expect(types).toContain(tokenTypes.userDefined);
    for (const [name, content] of filesOfGguf({ ...gguf, types, addBos: true })) await folder.write(name, content);
    const tokenizer = await loadTokenizer(folder.path);
    const model = build(
      gpt2,
      gpt2Config({ vocabSize: bpe.vocabSize, nPositions: CONTEXT, nEmbd: 32, nLayer: 1, nHead: 2 }),
    );
    await saveFolder(folder.join("model"), model, tokenizer);
    await writeFile(folder.join("model", "generation_config.json"), JSON.stringify({ eos_token_id: [3, 40, 41] }));
    const path = folder.join("model.gguf");
    await exportGguf(folder.join("model"), path, { home, type: "f32" });
    await using theirs = await openLlamaCpp(path, CONTEXT);
    const spelled = "a king[EOS]the [BOS] kingdom's [UNK][PAD]\n[EOS]";
    expect([...theirs.model.tokenize(spelled, true)]).toEqual([...tokenizer.encode(spelled, { specialTokens: true })]);
    expect(theirs.encode(spelled)).toEqual([...tokenizer.encode(spelled)]);
    expect([theirs.model.shouldPrependBosToken(), theirs.model.tokenBos()]).toEqual([true, 2]);
    const ends = Array.from({ length: bpe.vocabSize }, (_, id) => id).filter((id) => theirs.model.isEogToken(id));
    expect(ends).toEqual([0, 3, 40, 41]); // [PAD] by its name
  });

  test.each(elementTypeNames)("a file in %s is read by both to the same perplexity", async (type) => {
    await using folder = await scratch();
    const model = build(qwen, qwenConfig({ ...sized(bpe.vocabSize), headDim: 32 }), { seed: 1 });
    memorize(model, [...bpe.encode(LEARNED)]);
    await saveFolder(folder.join("model"), model, bpe);
    const path = folder.join("model.gguf");
    await exportGguf(folder.join("model"), path, { home, type });
    await using theirs = await openLlamaCpp(path, CONTEXT);
    using ours = await openModel(path, { home, device: "cpu" });
    const other = text.slice(5000, 5150);
    const { loss } = await score(ours, { text: other });
    expect(Math.exp((await theirs.loss(theirs.encode(other))) - (loss ?? 0))).toBeCloseTo(1, type === "f32" ? 3 : 1);
  });
});
