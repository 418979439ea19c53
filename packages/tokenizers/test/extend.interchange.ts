import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { z } from "zod";
import { extendTokenizer } from "../src/extend-tokenizer.js";
import { loadTokenizer } from "../src/load.js";
import type { Tokenizer } from "../src/tokenizer.js";
import { trainBpe } from "../src/train-bpe.js";
import { trainSentencePiece } from "../src/train-sentencepiece.js";
import { fixturePath } from "./fixture.js";

const SCRIPT = fileURLToPath(new URL("extend.py", import.meta.url));
const Ids = z.record(z.string(), z.record(z.string(), z.array(z.array(z.number()))));

const prose = readFileSync(fixturePath("prose.txt"), "utf8");
/** Special tokens that a text spells are text to us, and tokens to the others. */
const own = readFileSync(fileURLToPath(new URL("../../../docs/text.md", import.meta.url)), "utf8").replaceAll(
  /<\/?s>|\[EOS\]|<eos>/g,
  "",
);
const PARTS = [
  ..."Müllerin |die Straße| größe|漢字かな カナー|Привет, мир|שלום|مرحبا|नमस्ते|한국어|ไทย|🙂👍🏽|e\u0301|  |     |½ ﬁ x²|\n|\t".split(
    "|",
  ),
  ..."\u00a0|\u200b|\u2581|a\u2581b|2024-12-01|3.14|<0x0A>|`trainer`|--train-new-rows|…|".split("|"),
];

/** 1,000 texts of many scripts, pieces of this repository's pages among them. */
function texts(): string[] {
  let state = 7;
  const below = (most: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const part = () => {
    const from = below(own.length - 60);
    return below(3) === 0 ? own.slice(from, from + below(60)) : String(PARTS[below(PARTS.length)]);
  };
  return Array.from({ length: 1000 }, () => Array.from({ length: 1 + below(9) }, part).join(""));
}

const llama = { modelType: "bpe", byteFallback: true, normalizationRuleName: "identity", splitDigits: true } as const;
const lines = own.split("\n");

test("extended tokenizers have the same ids in sentencepiece, tokenizers and transformers", async (context) => {
  const python = await pythonProgram("protobuf==7.36.2", "python", ["sentencepiece==0.2.3", "transformers==5.24.0"]);
  if ("missing" in python) return context.skip(python.missing);
  await using folder = await scratch();
  const trained = (options: object) =>
    trainSentencePiece({
      texts: prose.split("\n"),
      vocabSize: 1000,
      hardVocabLimit: false,
      modelType: "bpe",
      ...options,
    });
  const bases: Record<string, Tokenizer> = {
    usual: await trained({}),
    llama: await trained({ ...llama, removeExtraWhitespaces: false, allowWhitespaceOnlyPieces: true }),
    bytes: await trainBpe({ texts: [prose], vocabSize: 1000 }),
    llama2: await loadTokenizer(fixturePath("pieces-llama2.json")),
    mistral: await loadTokenizer(fixturePath("pieces-mistral.json")),
    gemma: await loadTokenizer(fixturePath("pieces-gemma.json")),
  };
  const saved: Record<string, { readonly tokenizer: Tokenizer; readonly folder: string }> = {};
  const save = async (name: string, tokenizer: Tokenizer) => {
    saved[name] = { tokenizer, folder: join(folder.path, name) };
    await tokenizer.save(saved[name].folder);
    // As a run's export has it (transformers 5.23 leaves out the space before a text): what a model is says to transformers how its tokenizer.model cuts.
    if (!name.startsWith("llama ") && name !== "llama") return;
    const specials = { bos_token: "[BOS]", eos_token: "[EOS]", unk_token: "[UNK]" };
    await writeFile(join(saved[name].folder, "config.json"), JSON.stringify({ model_type: "llama" }));
    await writeFile(join(saved[name].folder, "tokenizer_config.json"), JSON.stringify(specials));
  };
  for (const [name, base] of Object.entries(bases)) {
    await save(name, base);
    await save(`${name} extended`, await extendTokenizer(base, { texts: lines, add: 500 }));
  }
  const given = texts();
  const folders = Object.fromEntries(Object.entries(saved).map(([name, { folder: of }]) => [name, of]));
  const input = JSON.stringify({ texts: given, folders });
  const found = Ids.parse(JSON.parse(String(execFileSync(python.path, [SCRIPT], { input, maxBuffer: 1 << 28 }))));
  const different = (name: string, program: string) =>
    given.filter((text, i) => String(saved[name]?.tokenizer.encode(text)) !== String(found[name]?.[program]?.[i]));
  for (const name of Object.keys(bases))
    for (const program of Object.keys(found[name] ?? {})) {
      // Transformers has no class for a model that normalizes.
      if (name === "usual" && program === "transformers") continue;
      for (const each of [name, `${name} extended`])
        expect({ each, program, of: different(each, program) }).toEqual({ each, program, of: [] });
    }
});
