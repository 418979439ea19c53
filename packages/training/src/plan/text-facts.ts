import { plainTexts } from "../corpus/conversation-documents.js";
import { openCorpus, type Corpus, type ReadOptions } from "../corpus/corpus.js";
import type { Home } from "../home/home.js";
import { gzip9 } from "../inference/compressed.js";
import { corpusOptions } from "../options/corpus-options.js";
import type { TrainOptions } from "../options/options.js";
import { settledBits } from "./counting-bits.js";

/** Facts of a text that a plan goes by. */
export interface TextFacts {
  /** UTF-8 bytes of the text that is trained on, about. */
  readonly bytes: number;
  /** Bits a byte that gzip -9 needs for its beginning. */
  readonly gzipBits: number;
  /** Bits a byte that a counting model needs for it. */
  readonly countingBits: number;
}

/** Bytes that are looked at. */
const BEGINNING = 1 << 20;

/** Reads the beginning of a text. @throws CorpusError as `openCorpus` */
export async function textFacts(options: TrainOptions, home: Home, signal?: AbortSignal): Promise<TextFacts> {
  const corpus = await openCorpus(options.corpus, { ...corpusOptions(options, home), signal, most: BEGINNING });
  const parts: Uint8Array[] = [];
  let part = 1; // of the files' bytes
  const onRead: ReadOptions["onRead"] = ({ bytes }) => (part = bytes / corpus.totalBytes);
  for await (const { bytes } of plainTexts(corpus, corpus.documents({ signal, onRead }))) parts.push(bytes.slice()); // its memory is used again
  const beginning = Buffer.concat(parts);
  const gzipBits = (8 * gzip9(beginning).length) / beginning.length;
  // Zipped and plain files beside each other, of which the beginning is one kind: their sizes tell more.
  const isMixed = new Set(corpus.files.map(({ compression }) => compression)).size > 1;
  const whole = part < 1 && isMixed ? unzipped(corpus, gzipBits) : beginning.length / part;
  const { holdoutFraction, testSplitRatio } = options;
  return {
    bytes: Math.floor(whole * (1 - holdoutFraction - testSplitRatio)),
    gzipBits,
    countingBits: settledBits(beginning),
  };
}

/** Bytes of files, zipped ones by what their text comes to. */
const unzipped = ({ files }: Pick<Corpus, "files">, gzipBits: number): number =>
  files.reduce((sum, { bytes, compression }) => sum + (compression === null ? bytes : (8 * bytes) / gzipBits), 0);
