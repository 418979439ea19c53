import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { byteStrings, native, type NativeTrainer } from "./addon.js";
import { addedSpecials, bpeJson, initialTokens } from "./bpe-json.js";
import type { BpeDefinition } from "./bpe-definition.js";
import { BpeTokenizer } from "./bpe.js";
import { alphabet, unspell } from "./byte-alphabet.js";
import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { LARGEST_ID } from "./tokenizer-json.js";
import { specialsOf } from "./specials.js";
import { type Text, textBatches } from "./text-batches.js";

export interface TrainProgress {
  readonly phase: "count" | "merge";
  readonly bytes: number;
  /** Known when training on files. */
  readonly totalBytes: number | null;
  readonly merges: number;
  /** The most there can be; a small text gives fewer. */
  readonly totalMerges: number;
}

export interface TrainBpeOptions {
  /** Files of UTF-8 text; pre-tokens never cross from one to the next. */
  readonly files?: readonly string[];
  /**
   * What a text is in a file. "line" (default): each line with its line feed, as Hugging Face's `train(files)` reads
   * them. "file": the whole file, as `train_from_iterator([text])` would see it; runs of line breaks and indents are
   * then learned as they will be encoded.
   */
  readonly unit?: "line" | "file";
  /** Texts, or batches of them, in any number: only their words are kept. */
  readonly texts?: Iterable<Text> | AsyncIterable<Text>;
  readonly vocabSize: number;
  /** Pairs seen less often are never merged (default 2). */
  readonly minFrequency?: number;
  /** Default [PAD] [UNK] [BOS] [EOS]. */
  readonly specials?: readonly string[];
  /** Default: one a core. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
}

const DEFAULT_SPECIALS = ["[PAD]", "[UNK]", "[BOS]", "[EOS]"] as const;
const PROGRESS_MS = 100;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016 on bytes) with the merges of Hugging Face's `BpeTrainer`. It
 * may come out smaller than asked for, when the text has no more pairs to merge. Throws INVALID_INPUT, CORPUS_EMPTY,
 * CANCELLED, TOKENIZER_TRAIN_FAILED.
 */
export async function trainBpe(options: TrainBpeOptions): Promise<BpeTokenizer> {
  const { vocabSize, minFrequency = 2, threads = availableParallelism(), specials = DEFAULT_SPECIALS } = options;
  const tokens = initialTokens(specials);
  check(options, tokens.length);
  const totalBytes = options.files === undefined ? null : await sizeOf(options.files);
  const trainer = new (native().Trainer)(threads);
  let phase: TrainProgress["phase"] = "count";
  const report = () =>
    options.onProgress?.({ phase, totalBytes, totalMerges: vocabSize - tokens.length, ...trainer.progress() });
  const timer = setInterval(report, PROGRESS_MS);
  const cancel = () => trainer.cancel();
  options.signal?.addEventListener("abort", cancel);
  try {
    options.signal?.throwIfAborted();
    await count(trainer, options);
    if (trainer.progress().bytes === 0) throw new TokenizerError("CORPUS_EMPTY", "there is no text to train on");
    phase = "merge";
    report();
    const merges = await trainer.merge({ vocabSize, minFrequency, ...initialSettings(tokens) });
    report();
    return trained(tokens, merges, specials);
  } catch (error) {
    throw trainingError(error, options.signal);
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener("abort", cancel);
  }
}

function check(
  { files, texts, unit, vocabSize, minFrequency, threads, specials }: TrainBpeOptions,
  least: number,
): void {
  if ((files === undefined) === (texts === undefined)) throw invalid("give either files or texts to train on");
  if (unit !== undefined && unit !== "line" && unit !== "file")
    throw invalid(`unit must be line or file, not ${inspect(unit)}`);
  if (specials?.includes("")) throw invalid("a special token cannot be empty");
  const wholes = { vocabSize, minFrequency: minFrequency ?? 0, threads: threads ?? 1 };
  for (const [name, value] of Object.entries(wholes)) {
    if (!Number.isInteger(value) || value < 0) throw invalid(`${name} must be a whole number, not ${inspect(value)}`);
  }
  if (threads === 0) throw invalid("threads must be 1 or more, not 0");
  if (vocabSize >= least && vocabSize <= LARGEST_ID) return;
  throw invalid(
    `vocabSize ${vocabSize} is out of range: byte-level BPE needs ${least} (the special tokens and the 256 bytes) ` +
      `before the first merge, and can have ${LARGEST_ID} at most`,
  );
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async (path) => {
      const found = await stat(path).catch((cause: unknown) => {
        throw new TokenizerError("INVALID_INPUT", `cannot read ${path}`, { cause });
      });
      if (!found.isFile()) throw invalid(`${path} is not a file`);
      return found.size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function count(trainer: NativeTrainer, { files, unit, texts = [], signal }: TrainBpeOptions): Promise<void> {
  if (files !== undefined) return trainer.countFiles(files, unit !== "file");
  for await (const { bytes, ends } of textBatches(texts)) {
    signal?.throwIfAborted();
    await trainer.countDocuments(bytes, ends);
  }
}

/** A special token that bytes happen to spell is what those bytes merge to. */
function initialSettings(tokens: readonly string[]) {
  const bytes = tokens.map((token) => unspell(token));
  const byteIds = new Uint32Array(256);
  for (const { byte, char } of alphabet) byteIds[byte] = tokens.indexOf(char);
  return {
    tokens: byteStrings(bytes.map((spelled) => spelled ?? new Uint8Array())),
    spelled: Uint32Array.from(bytes, (spelled) => (spelled === null ? 0 : 1)),
    byteIds,
  };
}

function trained(initial: readonly string[], merges: Uint32Array, specials: readonly string[]): BpeTokenizer {
  const view = new DataView(merges.buffer);
  const idAt = (i: number) => view.getUint32(4 * i, true);
  const madeBy = new Map<number, number>();
  for (let i = 0; i < merges.length; i += 3) {
    const result = idAt(i + 2);
    // A token can come about in several ways; it was first made of two older ones.
    if (idAt(i) < result && idAt(i + 1) < result) madeBy.set(result, i);
  }
  const tokens = [...initial];
  const made = [...madeBy].filter(([id]) => id >= initial.length).sort(([a], [b]) => a - b);
  for (const [, i] of made) tokens.push(`${tokens[idAt(i)]}${tokens[idAt(i + 1)]}`);
  const unknown = specials.includes("[UNK]") ? "[UNK]" : null;
  const definition: BpeDefinition = {
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
    pattern: "gpt2",
    nfc: false,
    ignoreMerges: false,
    fuseUnknown: false,
    unknown: unknown === null ? null : tokens.indexOf(unknown),
    added: addedSpecials(tokens, specials),
  };
  return new BpeTokenizer(definition, () => bpeJson({ tokens, merges, specials, unknown }), specialsOf(tokens));
}

function trainingError(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new TokenizerError("CANCELLED", "training was cancelled", { cause });
  if (cause instanceof TokenizerError) return cause;
  const what = cause instanceof Error ? cause.message : inspect(cause);
  return new TokenizerError("TOKENIZER_TRAIN_FAILED", `training failed: ${what}`, { cause });
}
