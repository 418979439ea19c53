import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { trainBpe } from "@trainer/tokenizers";
import { ours, peer } from "./child.js";
import { median, type BenchmarkOptions, type Benchmark, type Side, type Work } from "./report.js";
import { temporaryFolder } from "./token-file.js";
import { TokenizerResult, type TokenizerSettings } from "./tokenizer-settings.js";

const SHAKESPEARE = fileURLToPath(new URL("../../examples/corpus/tinyshakespeare.txt", import.meta.url));
const VOCAB_SIZE = 32_000;
/** Who takes part, and how often a process does its work: caches warm up in the first of several. */
const SIDES = {
  train: { ours: 1, rustbpe: 1, tokenizers: 1 },
  encode: { ours: 4, tokie: 4, tiktoken: 1, tokenizers: 1 },
} as const;

/** Byte-level BPE, 32,000 tokens: from a file to a vocabulary, and from text to ids, all with the same vocabulary. */
export const tokenizer: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const file = options.file ?? SHAKESPEARE;
  const megabytes = statSync(file).size / 1e6;
  const trained = await trainBpe({ files: [file], vocabSize: VOCAB_SIZE, threads: options.threads });
  await trained.save(folder.path);
  const works: Work[] = [];
  for (const work of ["train", "encode"] as const) {
    const settings = {
      work,
      peer: "",
      threads: options.threads,
      file,
      vocabSize: VOCAB_SIZE,
      tokenizer: `${folder.path}/tokenizer.json`,
      repeats: 1,
    };
    const name = `${work}, ${megabytes.toFixed(1)} MB, ${options.threads} threads`;
    works.push({ name, sides: await sides(name, megabytes, settings, options) });
  }
  return { benchmark: "tokenizer", unit: "MB/s", better: "higher", works };
};

async function sides(
  name: string,
  megabytes: number,
  settings: TokenizerSettings,
  { rounds, python, log }: BenchmarkOptions,
): Promise<Side[]> {
  const runs = Object.entries(SIDES[settings.work]).map(([side, repeats]) => ({
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
