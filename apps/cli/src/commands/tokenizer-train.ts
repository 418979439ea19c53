import type { Command } from "commander";
import type { Tokenizer } from "@trainer/tokenizers";
import type { Corpus } from "@trainer/training";
import { TrainOptions } from "@trainer/training/options";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatDuration } from "../display/duration.js";
import { ProgressLine } from "../display/progress-line.js";
import { formatCount } from "../display/quantity.js";
import { homeFlag, shellWord } from "../home-flag.js";
import type { Io } from "../io.js";
import { tokenizerProgress } from "./tokenizer-progress.js";
import { assertFree, saveTokenizer } from "../tokenizer-folder.js";

const run = TrainOptions.shape;

const TokenizerFlags = z.strictObject({
  vocabSize: z
    .int()
    .min(260)
    .max(1_000_000)
    .default(32_000)
    .describe("tokens to end with, the 4 special ones included"),
  minFrequency: run.minFrequency.describe("how often a pair must occur to become a token"),
  document: run.document.unwrap().default("line").describe("what no token reaches across"),
  threads: run.threads.describe("processor threads; 0: one a core"),
  out: z.string().min(1).nullable().default(null).describe("folder to write; left out: one in the home"),
  force: z.boolean().default(false).describe("replace what is in the --out folder"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Train a byte-level BPE tokenizer. Its tokenizer.json is Hugging Face's; [PAD] [UNK] [BOS] [EOS] are tokens 0 to 3.",
    args: { "<file...>": "files or folders: .txt, .text, .jsonl (field `text`), each also as .gz" },
    options: TokenizerFlags,
    examples: {
      "trainer tokenizer train book.txt --vocab-size 8000":
        "into the home, under an id to use with `trainer train --tokenizer`",
      "trainer tokenizer train corpus/ --out my-tokenizer": "into a folder of your choice",
      "trainer tokenizer train book.txt --json": "tokenizer_id, path, vocab_size, seconds",
    },
    async run({ args, options, home, out }) {
      const { out: folder, force, vocabSize, minFrequency, document, threads } = options;
      if (folder !== null && !force) await assertFree(folder);
      const { trainBpe } = await import("@trainer/tokenizers");
      const { openCorpus, openHome } = await import("@trainer/training");
      const corpus = await openCorpus(args, { document });
      const progress = new ProgressLine(io, out);
      const began = performance.now();
      await io
        .interruptible(async (signal) => {
          const tokenizer = await trainBpe({
            ...source(corpus),
            vocabSize,
            minFrequency,
            ...(threads === 0 ? {} : { threads }),
            signal,
            onProgress: (p) => progress.update(...tokenizerProgress(p, corpus.totalBytes)),
          });
          progress.clear();
          const manifest = await tokenizerManifest(tokenizer, corpus, options);
          const { tokenizers } = openHome(home);
          const saved = await saveTokenizer(tokenizer, manifest, { out: folder, tokenizers, force });
          const seconds = (performance.now() - began) / 1000;
          const { vocabSize: size } = tokenizer;
          if (size < vocabSize)
            out.warn(`The text has pairs for ${formatCount(size)} tokens only, not ${formatCount(vocabSize)}.`);
          const value = { tokenizer_id: saved.id, path: saved.path, vocab_size: size, seconds };
          out.result(value, () => report(value, folder ?? saved.id, homeFlag(home)));
        })
        .finally(() => progress.clear());
    },
  });
}

/** Plain files are read by the native trainer itself; what must be unpacked or cut comes as documents. */
function source(corpus: Corpus) {
  const { document: unit, files } = corpus;
  const plain = files.every(({ format, gzip }) => format === "text" && !gzip);
  if (!plain || unit === "paragraph") return { texts: documents(corpus) };
  return { files: files.map(({ path }) => path), unit };
}

async function* documents(corpus: Corpus): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { bytes, ends } of corpus.documents()) {
    let start = 0;
    for (const end of ends) {
      yield bytes.subarray(start, end);
      start = end;
    }
  }
}

/** By the names that API clients read. Bytes are tokens, so there is nothing that it does not cover. */
async function tokenizerManifest(tokenizer: Tokenizer, corpus: Corpus, flags: z.output<typeof TokenizerFlags>) {
  return {
    created_at: Math.floor(Date.now() / 1000),
    config: {
      method: "bpe",
      vocab_size: flags.vocabSize,
      min_frequency: flags.minFrequency,
      holdout_fraction: 0,
      seed: 0,
      special_tokens: ["[PAD]", "[UNK]", "[BOS]", "[EOS]"],
    },
    stats: { coverage: 1, oov_rate: 0, token_count: await sampleTokens(tokenizer, corpus), char_coverage: 1 },
  };
}

const SAMPLE_BYTES = 1 << 20;

/** How many tokens the corpus' first megabyte has. */
async function sampleTokens(tokenizer: Tokenizer, corpus: Corpus): Promise<number> {
  let tokens = 0;
  let left = SAMPLE_BYTES;
  for await (const document of documents(corpus)) {
    tokens += tokenizer.encodeBytes(document.subarray(0, left)).length;
    left -= document.length;
    if (left <= 0) break;
  }
  return tokens;
}

function report(
  {
    tokenizer_id: id,
    path,
    vocab_size: size,
    seconds,
  }: { tokenizer_id: string; path: string; vocab_size: number; seconds: number },
  ref: string,
  flag: string,
): string {
  return [
    `tokenizer   ${id}`,
    `vocabulary  ${formatCount(size)} tokens in ${formatDuration(seconds)}`,
    `saved in    ${path}`,
    "",
    "Next:",
    `  trainer tokenizer show ${shellWord(ref)}${flag} --text "How is this cut?"`,
    `  trainer train my-text.txt --tokenizer ${shellWord(ref)}${flag}`,
  ].join("\n");
}
