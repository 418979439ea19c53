import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer, trainBpe, type Tokenizer, type TrainProgress } from "@trainer/tokenizers";
import { folderBeside, placeFolder } from "../bins/place-folder.js";
import type { Corpus } from "../corpus/corpus.js";
import { planSplit } from "../corpus/split-plan.js";
import { tokenizerTrainingText } from "../corpus/training-text.js";
import { isFile, isFolder } from "../home/folders.js";
import { openHome } from "../home/home.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import type { RunEvent } from "./events.js";
import type { TrainOptions } from "./options.js";

export interface NamedTokenizer {
  /** Its id in the home; of one from elsewhere, its path. */
  readonly id: string;
  readonly tokenizer: Tokenizer;
}

export interface TokenizerRequest {
  readonly options: TrainOptions;
  readonly home: string;
  readonly corpus: Corpus;
  readonly corpusSha256: string;
  /** The folder of the model that the run starts from, whose tokenizer is the natural one; null without. */
  readonly pretrained: string | null;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** The run's tokenizer: the one asked for, else the pretrained model's, else one trained on the training split. */
export async function prepareTokenizer(request: TokenizerRequest): Promise<NamedTokenizer> {
  const { options, home, pretrained, emit } = request;
  const given = options.tokenizer ?? (pretrained !== null && (await hasTokenizer(pretrained)) ? pretrained : null);
  const named = given === null ? await trainedOnCorpus(request) : await existing(given, home);
  const { vocabSize } = named.tokenizer;
  emit({ type: "tokenizer", phase: "ready", progress: 1, tokenizerId: named.id, vocabSize });
  return named;
}

const hasTokenizer = (dir: string) => isFile(join(dir, "tokenizer.json"));

async function existing(ref: string, home: string): Promise<NamedTokenizer> {
  const { id, path } = await resolveTokenizer(ref, openHome(home));
  return { id: id ?? path, tokenizer: await loadTokenizer(path) };
}

/** Trains a byte-level BPE on the training split, or takes the one that was trained so before. */
async function trainedOnCorpus({ options, home, corpus, corpusSha256, emit, signal }: TokenizerRequest) {
  const { document, holdoutFraction, testSplitRatio, seed, minFrequency } = options;
  const vocabSize = options.vocabSize ?? vocabSizeFor(corpus.totalBytes);
  const made = { corpusSha256, document, holdoutFraction, testSplitRatio, seed, minFrequency, vocabSize };
  const key = createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 12);
  const id = `bpe-${vocabSize}-${key}`;
  const dir = join(openHome(home).tokenizers, id);
  if (await isFolder(dir)) return { id, tokenizer: await loadTokenizer(dir) };

  const read = { signal };
  const plan = await planSplit(corpus, { holdoutFraction, testSplitRatio, seed }, read);
  const tokenizer = await trainBpe({
    texts: documents(tokenizerTrainingText(corpus, plan, read)),
    vocabSize,
    minFrequency,
    ...(options.threads === 0 ? {} : { threads: options.threads }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: (p) => {
      const progress = trainingProgress(p, corpus.totalBytes);
      emit({ type: "tokenizer", phase: p.phase, progress, tokenizerId: id, vocabSize: null });
    },
  });
  const tmp = await folderBeside(openHome(home).tokenizers);
  try {
    await tokenizer.save(tmp);
    await writeFile(join(tmp, "manifest.json"), `${JSON.stringify(tokenizerManifest(made), null, 2)}\n`);
    await placeFolder(tmp, dir, () => isFolder(dir)); // another run may have made the same one meanwhile
  } catch (error) {
    await rm(tmp, { recursive: true, force: true });
    throw error;
  }
  return { id, tokenizer };
}

/** How far a phase is, from 0 to 1. The bytes are those of the training split's text, unzipped: the total is a guess. */
export function trainingProgress(p: TrainProgress, corpusBytes: number): number {
  return Math.min(1, p.phase === "count" ? p.bytes / corpusBytes : p.merges / p.totalMerges);
}

async function* documents(batches: AsyncIterable<{ bytes: Uint8Array; ends: Uint32Array }>) {
  for await (const { bytes, ends } of batches) {
    let start = 0;
    for (const end of ends) {
      yield bytes.subarray(start, end);
      start = end;
    }
  }
}

const tokenizerManifest = (made: {
  vocabSize: number;
  minFrequency: number;
  holdoutFraction: number;
  seed: number;
}) => ({
  created_at: Math.floor(Date.now() / 1000),
  config: {
    method: "bpe",
    vocab_size: made.vocabSize,
    min_frequency: made.minFrequency,
    holdout_fraction: made.holdoutFraction,
    seed: made.seed,
    special_tokens: ["[PAD]", "[UNK]", "[BOS]", "[EOS]"],
  },
});

/** A vocabulary that a corpus of so many bytes can fill: each token should be met often enough to be learned. */
export function vocabSizeFor(bytes: number): number {
  const steps: readonly (readonly [upTo: number, vocabSize: number])[] = [
    [256 << 10, 1024],
    [2 << 20, 4096],
    [32 << 20, 8192],
    [256 << 20, 16384],
  ];
  return steps.find(([upTo]) => bytes <= upTo)?.[1] ?? 32768;
}
