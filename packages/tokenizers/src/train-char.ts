import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { native, type NativeCharSet } from "./addon.js";
import { CharTokenizer } from "./char.js";
import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { DEFAULT_SPECIALS } from "./specials.js";
import { textBatches } from "./text-batches.js";
import { bytesOf, checkTrainOptions, PROGRESS_MS, trainingError } from "./train-input.js";
import type { TrainOptions } from "./train-options.js";

/** The text alone decides how large the vocabulary is, so `vocabSize` is left out of account. */
export interface TrainCharOptions extends Omit<TrainOptions, "vocabSize"> {
  /** "NFC": characters that can be written in several ways are one token. Default "none". */
  readonly normalization?: "none" | "NFC";
}

/**
 * Takes every character of a text as a token: [PAD] [UNK] [BOS] [EOS], then the code points in order. Throws
 * INVALID_INPUT, CORPUS_EMPTY, CANCELLED, TOKENIZER_TRAIN_FAILED.
 */
export async function trainChar(options: TrainCharOptions): Promise<CharTokenizer> {
  const { files, threads = availableParallelism(), normalization = "none", signal } = options;
  checkTrainOptions(options);
  if (normalization !== "none" && normalization !== "NFC") {
    throw invalid(`normalization must be none or NFC, not ${inspect(normalization)}`);
  }
  const totalBytes = files === undefined ? null : await bytesOf(files);
  const set = new (native().CharSet)(threads, normalization === "NFC");
  const report = () =>
    options.onProgress?.({ phase: "count", bytes: set.progress(), totalBytes, merges: 0, totalMerges: 0 });
  const timer = setInterval(report, PROGRESS_MS);
  const cancel = () => set.cancel();
  signal?.addEventListener("abort", cancel);
  try {
    signal?.throwIfAborted();
    await count(set, options);
    if (set.progress() === 0) throw new TokenizerError("CORPUS_EMPTY", "there is no text to train on");
    report();
    const chars = Array.from(set.points(), (point) => String.fromCodePoint(point));
    return new CharTokenizer({
      tokens: [...DEFAULT_SPECIALS, ...chars],
      specials: DEFAULT_SPECIALS,
      unknown: DEFAULT_SPECIALS.indexOf("[UNK]"),
      normalization,
    });
  } catch (error) {
    throw trainingError(error, signal);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

async function count(set: NativeCharSet, { files, texts = [], signal }: TrainCharOptions): Promise<void> {
  if (files !== undefined) return set.countFiles(files);
  for await (const { bytes, ends } of textBatches(texts)) {
    signal?.throwIfAborted();
    await set.countDocuments(bytes, ends);
  }
}
