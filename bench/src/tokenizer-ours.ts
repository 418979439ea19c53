import { readFileSync } from "node:fs";
import { type Documents, loadTokenizer, trainBpe, trainChar, trainSentencePiece } from "@trainer/tokenizers";
import { peakBytes, residentBytes } from "./memory.js";
import { TokenizerSettings, type TokenizerResult } from "./tokenizer-settings.js";

// Our side of the tokenizer benchmark, in a process of its own.
const s = TokenizerSettings.parse(JSON.parse(process.argv[2] ?? ""));
const libraryBytes = residentBytes();
const work = s.work === "train" ? training() : await encoding();

const seconds: number[] = [];
let tokens = 0;
for (let repeat = 0; repeat < s.repeats; repeat += 1) {
  const start = performance.now();
  tokens = await work();
  seconds.push((performance.now() - start) / 1000);
}
const result: TokenizerResult = { seconds, tokens, peakBytes: peakBytes(), libraryBytes };
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Time from the file to a tokenizer that can encode. */
function training() {
  const train = { bpe: trainBpe, sentencepiece: trainSentencePiece, char: trainChar }[s.kind];
  return async () => (await train({ files: [s.file], vocabSize: s.vocabSize, threads: s.threads })).vocabSize;
}

/** Time from the text in memory to the ids of a token bin, 8 MB at a time. */
async function encoding() {
  const tokenizer = await loadTokenizer(s.tokenizer);
  const batches = [...blocks(readFileSync(s.file))];
  const options = { dtype: "uint16", eos: null, threads: s.threads } as const;
  return async () => {
    let count = 0;
    for (const batch of batches) count += (await tokenizer.encodeBatch(batch, options)).ids.length;
    return count;
  };
}

/** Whole lines, 8 MB of them: one text, but for SentencePiece, to which each line is one. */
function* blocks(text: Uint8Array): Generator<Documents> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf(10, start + (8 << 20));
    const bytes = text.subarray(start, newline < 0 ? text.length : newline + 1);
    yield { bytes, ends: s.kind === "sentencepiece" ? lineEnds(bytes) : Float64Array.of(bytes.length) };
    start += bytes.length;
  }
}

function lineEnds(bytes: Uint8Array): Float64Array {
  const ends: number[] = [];
  for (let end = 0; end < bytes.length;) {
    end = bytes.indexOf(10, end) + 1 || bytes.length;
    ends.push(end);
  }
  return Float64Array.from(ends);
}
