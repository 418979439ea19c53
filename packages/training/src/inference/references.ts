import { open } from "node:fs/promises";
import type { Tokenizer } from "@trainer/tokenizers";
import { HEADER_BYTES, idBytes } from "../bins/bin-format.js";
import type { Bins } from "../bins/build-bins.js";
import type { TokenBin } from "../bins/token-bin.js";
import { bitsPerByte, gzipBitsPerByte, zstd19, type Compress } from "./compressed.js";
import { copiedFrom, type Copied } from "./copied.js";
import { NgramModel } from "./ngram.js";

/** Bits per byte of a held-out text by what knows the training text, with how much of both was read. */
export interface References {
  readonly bytes: number;
  readonly trainingBytes: number;
  readonly gzip: number;
  /** zstd -19; null where this Node.js has none. */
  readonly zstd: number | null;
  /** Model of token n-grams, with the run's own tokenizer. */
  readonly ngram: number;
}

/** References of a run's loss, and its samples beside its text. */
export interface Measured {
  readonly references: References;
  /** Spans that its samples share with the training text that was read. */
  readonly copied: Copied;
}

interface Sources {
  readonly bins: Pick<Bins, "train" | "validation" | "test">;
  /** The held-out split. */
  readonly split: "validation" | "test";
  readonly tokenizer: Tokenizer;
  /** Texts that the model wrote. */
  readonly samples: readonly string[];
  /** Time that the run took, of which this takes a few percent. */
  readonly seconds: number;
  readonly zstd?: Compress | null;
}

/** Tokens that are read of the held-out text. */
const HELD_OUT = 20_000;
/** Tokens that are read of the training text: at least, for each second of the run, and at most. Four take 15 us. */
const TRAINING = { least: 30_000, perSecond: 6000, most: 300_000 };

/** Null where there is no such split, or too little text. */
export async function measureReferences(sources: Sources): Promise<Measured | null> {
  const { bins, split, tokenizer, samples, seconds, zstd = zstd19() } = sources;
  const bin = bins[split];
  if (bin === null) return null;
  const most = Math.min(TRAINING.most, TRAINING.least + Math.round(seconds) * TRAINING.perSecond);
  const training = documentsOf(await firstIds(bins.train, most), tokenizer);
  const heldOut = documentsOf(await firstIds(bin, HELD_OUT), tokenizer);
  const [before, text] = [textOf(training, tokenizer), textOf(heldOut, tokenizer)];
  const [beforeBytes, bytes] = [Buffer.from(before), Buffer.from(text)];
  if (bytes.length === 0) return null;
  const ngrams = new NgramModel(training, tokenizer.vocabSize);
  const bits = heldOut.reduce((sum, ids) => sum + ngrams.bits(ids), 0);
  return {
    references: {
      bytes: bytes.length,
      trainingBytes: beforeBytes.length,
      gzip: gzipBitsPerByte(beforeBytes, bytes),
      zstd: zstd && bitsPerByte(zstd, beforeBytes, bytes),
      ngram: bits / bytes.length,
    },
    copied: copiedFrom(before, samples),
  };
}

/** The first ids of a bin. */
async function firstIds(bin: TokenBin, most: number): Promise<number[]> {
  const size = idBytes(bin.dtype);
  const count = Math.min(most, bin.tokens);
  const bytes = Buffer.alloc(count * size);
  await using file = await open(bin.path, "r");
  await file.read(bytes, 0, bytes.length, HEADER_BYTES);
  return Array.from({ length: count }, (_, i) => bytes.readUIntLE(i * size, size));
}

/** Ids of each document, its end among them. */
function documentsOf(ids: readonly number[], { specials: { eos } }: Tokenizer): number[][] {
  const documents: number[][] = [];
  let start = 0;
  for (const [i, id] of ids.entries()) {
    if (id !== eos && i < ids.length - 1) continue;
    documents.push(ids.slice(start, i + 1));
    start = i + 1;
  }
  return documents;
}

const textOf = (documents: readonly number[][], tokenizer: Tokenizer): string =>
  documents.map((ids) => tokenizer.decode(ids)).join("\n");
