import type { Tokenizer } from "@trainer/tokenizers";
import type { Corpus } from "../corpus/corpus.js";
import { documentsOf } from "../corpus/document-batch.js";
import { splitDocuments } from "../corpus/split-documents.js";
import type { SplitPlan } from "../corpus/split-plan.js";
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

/** What a run is measured by beside itself. */
export interface Measured {
  readonly references: References;
  /** What its samples have in common with the training text that was read. */
  readonly copied: Copied;
}

interface Sources {
  readonly corpus: Corpus;
  readonly plan: SplitPlan;
  /** The held-out split. */
  readonly split: "validation" | "test";
  readonly tokenizer: Tokenizer;
  /** Texts that the model wrote. */
  readonly samples: readonly string[];
  /** Time that the run took, of which this takes a few percent. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly zstd?: Compress | null;
}

/** Largest text of which parts are read for this: the split of a larger one is planned by a pass over all of it. */
const LARGEST = 256 << 20;
/** Bytes that are read of the held-out text, and of a piece of a document. */
const HELD_OUT = 64 << 10;
const PIECE = 16 << 10;
/** Tokens that are read of the training text: at least, for each second of the run, and at most. Four take 15 us. */
const TRAINING = { least: 30_000, perSecond: 6000, most: 300_000 };

/** Null for a text that is too large, or of which there is too little. */
export async function measureReferences(sources: Sources): Promise<Measured | null> {
  const { corpus, tokenizer, samples, zstd = zstd19() } = sources;
  if (corpus.totalBytes > LARGEST) return null;
  const { training, heldOut } = await readTexts(sources);
  const [before, text] = [Buffer.from(training.texts.join("\n")), Buffer.from(heldOut.texts.join("\n"))];
  if (Math.min(before.length, text.length) === 0) return null;
  const ngrams = new NgramModel(training.ids, tokenizer.vocabSize);
  const bits = heldOut.ids.reduce((sum, each) => sum + ngrams.bits(each), 0);
  return {
    references: {
      bytes: text.length,
      trainingBytes: before.length,
      gzip: gzipBitsPerByte(before, text),
      zstd: zstd && bitsPerByte(zstd, before, text),
      ngram: bits / text.length,
    },
    copied: copiedFrom(training.texts.join("\n"), samples),
  };
}

/** Pieces of text with their ids, up to so many bytes or tokens. */
class Reading {
  readonly texts: string[] = [];
  readonly ids: number[][] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    private room: number,
    private readonly counts: "bytes" | "tokens",
  ) {}

  get isFull(): boolean {
    return this.room <= 0;
  }

  add(document: Buffer): void {
    const { eos } = this.tokenizer.specials;
    for (let start = 0; start < document.length && !this.isFull; start += PIECE) {
      const text = document.subarray(start, start + PIECE).toString();
      const ids = [...this.tokenizer.encode(text), ...(eos === null || start + PIECE < document.length ? [] : [eos])];
      this.texts.push(text);
      this.ids.push(ids);
      this.room -= this.counts === "bytes" ? Buffer.byteLength(text) : ids.length;
    }
  }
}

/** The beginnings of both splits. */
async function readTexts({ corpus, plan, split, tokenizer, seconds, signal }: Sources) {
  const tokens = Math.min(TRAINING.most, TRAINING.least + Math.round(seconds) * TRAINING.perSecond);
  const training = new Reading(tokenizer, tokens, "tokens");
  const heldOut = new Reading(tokenizer, HELD_OUT, "bytes");
  for await (const batch of splitDocuments(corpus, plan, { signal })) {
    const reading = batch.split === "train" ? training : batch.split === split ? heldOut : null;
    for (const document of documentsOf(batch)) reading?.add(document);
    if (training.isFull && heldOut.isFull) break;
  }
  return { training, heldOut };
}
