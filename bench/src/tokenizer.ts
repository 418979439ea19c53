import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { trainBpe, trainChar, trainSentencePiece } from "@trainer/tokenizers";
import { SHAKESPEARE } from "./bundled.js";
import { ours, peer } from "./child.js";
import { median, type BenchmarkOptions, type Benchmark, type Side, type Work } from "./report.js";
import { temporaryFolder } from "./token-file.js";
import { TokenizerResult, type TokenizerSettings } from "./tokenizer-settings.js";

/** SentencePiece keeps all of its sentences in memory: it learns from so much of the text. */
const SENTENCEPIECE_BYTES = 2e7;
/** Participants, and the repetitions in a process: caches warm up in the first of several. */
const SIDES = {
  bpe: {
    train: { ours: 1, rustbpe: 1, tokenizers: 1 },
    encode: { ours: 4, tokie: 4, tiktoken: 1, tokenizers: 1 },
  },
  sentencepiece: { train: { ours: 1, sentencepiece: 1 }, encode: { ours: 1, sentencepiece: 1 } },
  char: { train: { ours: 1 }, encode: { ours: 4 } },
} as const;

/**
 * Time from a file to a vocabulary, and from text to ids, with equal vocabularies: byte-level BPE of 32,000 tokens,
 * SentencePiece's BPE of 8,000, and characters on one thread.
 */
export const tokenizer: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const { threads, file = SHAKESPEARE } = options;
  const part = `${folder.path}/part.txt`;
  writeFileSync(part, wholeLines(readFileSync(file), SENTENCEPIECE_BYTES));
  const plans = [
    { kind: "bpe", label: "", corpus: file, vocabSize: 32_000, threads, train: trainBpe },
    {
      kind: "sentencepiece",
      label: "SentencePiece ",
      corpus: part,
      vocabSize: 8000,
      threads,
      train: trainSentencePiece,
    },
    { kind: "char", label: "char ", corpus: file, vocabSize: 0, threads: 1, train: trainChar },
  ] as const;
  const works: Work[] = [];
  for (const { kind, label, corpus, vocabSize, threads, train } of plans) {
    const home = `${folder.path}/${kind}`;
    mkdirSync(home);
    await (await train({ files: [corpus], vocabSize, threads })).save(home);
    for (const work of ["train", "encode"] as const) {
      const from = work === "train" ? corpus : file;
      const tokenizer = `${home}/${kind === "sentencepiece" ? "tokenizer.model" : "tokenizer.json"}`;
      const settings = { work, kind, peer: "", threads, file: from, vocabSize, tokenizer, repeats: 1 };
      const megabytes = statSync(from).size / 1e6;
      const name = `${label}${work}, ${megabytes.toFixed(1)} MB, ${threads} thread${threads === 1 ? "" : "s"}`;
      works.push({ name, sides: await sides(name, megabytes, settings, options) });
    }
  }
  return { benchmark: "tokenizer", unit: "MB/s", better: "higher", works };
};

/** The beginning of a text, to the first end of a line after so many bytes. */
function wholeLines(text: Uint8Array, bytes: number): Uint8Array {
  const newline = text.indexOf(10, bytes);
  return newline < 0 ? text : text.subarray(0, newline + 1);
}

async function sides(
  name: string,
  megabytes: number,
  settings: TokenizerSettings,
  { rounds, python, log }: BenchmarkOptions,
): Promise<Side[]> {
  const runs = Object.entries(SIDES[settings.kind][settings.work]).map(([side, repeats]) => ({
    side,
    settings: { ...settings, repeats, peer: side },
    found: new Array<TokenizerResult>(),
  }));
  const speed = ({ seconds }: TokenizerResult) => megabytes / median(seconds.length > 1 ? seconds.slice(1) : seconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const { side, settings, found } of runs) {
      const result =
        side === "ours"
          ? await ours("./tokenizer-ours.js", settings, TokenizerResult)
          : await peer(python, "tokenizer.py", settings, TokenizerResult);
      found.push(result);
      log(`${name}, round ${round + 1} of ${rounds}, ${side}: ${speed(result).toFixed(1)} MB/s`);
    }
  }
  return runs.map(({ side, found }) => ({
    name: side,
    rounds: found.map(speed),
    peakBytes: median(found.map(({ peakBytes }) => peakBytes)),
    libraryBytes: median(found.map(({ libraryBytes }) => libraryBytes)),
    evidence: `${found[0]?.tokens} ${settings.work === "train" ? "tokens learned" : "ids"}`,
  }));
}
