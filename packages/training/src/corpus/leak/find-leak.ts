import { memoryBytes } from "@trainer/disk";
import type { LeftOut } from "../../home/text-losses.js";
import { amount, count, type Amount } from "../amount.js";
import { breathe } from "../breathe.js";
import { CorpusError } from "../corpus-error.js";
import { leftOutOf, openCorpus, type Corpus, type OpenOptions } from "../corpus.js";
import type { ShownDocument } from "../dedup/deduplicate.js";
import { DocumentPlaces } from "../dedup/document-places.js";
import { readStarts } from "../dedup/examples.js";
import { Shingler } from "../dedup/shingler.js";
import { piecesOf } from "../document-batch.js";
import { noLosses } from "../left-out.js";
import { RunIndex } from "./run-index.js";

/** A document of the one text of which another has runs of words. */
export interface ShownLeak {
  /** Share of its runs that the other text has, 0..1. */
  readonly share: number;
  readonly document: ShownDocument;
  /** The first document of the other text that has one of them. */
  readonly source: ShownDocument;
}

/** What a text that is learned has of one that measures what was learned. */
export interface Leak {
  /** The documents that were looked for. */
  readonly against: Readonly<Amount>;
  /** Those of them with a run that the text has, with at least half of their runs, and with all. */
  readonly some: Readonly<Amount>;
  readonly half: Readonly<Amount>;
  readonly whole: Readonly<Amount>;
  /** Documents with fewer words than a run, which are found only where a document is the same. */
  readonly short: number;
  /** The text that they were looked for in. */
  readonly text: Readonly<Amount>;
  /** Those with the largest shares, the first of equals. */
  readonly examples: readonly ShownLeak[];
  readonly tableBytes: number;
  readonly leftOut: { readonly text: LeftOut; readonly against: LeftOut };
}

export interface LeakOptions extends Omit<OpenOptions, "most"> {
  /** Files and folders of the documents to look for. */
  readonly against: string | readonly string[];
  /** The field that has their text, as `textField`. */
  readonly againstField?: string | null | undefined;
  /** Words in a run. */
  readonly words: number;
  /** Called with the bytes read from the disk, for each reading of a text. */
  readonly onRead?: ((progress: LeakProgress) => void) | undefined;
  /** Most bytes to remember runs in; default: half of the machine's memory. */
  readonly mostTableBytes?: number | undefined;
}

export interface LeakProgress {
  readonly stage: "index" | "compare" | "count" | "examples";
  readonly bytes: number;
  readonly totalBytes: number;
}

const SHOWN = 5;
const DOCUMENTS_A_BREATH = 64;

/**
 * Finds which documents of one text have runs of words that another text has too (n-gram overlap; Brown et al. 2020,
 * appendix C). Words are compared as by `deduplicate`. Both texts are read as streams; memory grows with the runs of
 * `against`.
 *
 * @throws CorpusError those of `openCorpus`; INVALID_INPUT if `against` has more runs than `mostTableBytes` hold
 */
export async function findLeak(
  paths: string | readonly string[],
  { against, againstField, words, onRead, mostTableBytes = memoryBytes() / 2, ...options }: LeakOptions,
): Promise<Leak> {
  const sought = new Reading(
    await openCorpus(against, { ...options, textField: againstField }),
    onRead,
    options.signal,
  );
  const text = new Reading(await openCorpus(paths, options), onRead, options.signal);
  const runs = new RunIndex();
  await sought.read("index", new Shingler((hash, more) => runs.add(hash, more), words), {
    onBatch() {
      if (runs.bytes > mostTableBytes) throw tooMany(mostTableBytes);
    },
  });
  await text.read("compare", new Shingler((hash, more) => runs.see(hash, more, text.all.documents), words));
  const [some, half, whole] = [amount(), amount(), amount()];
  let [total, found, short, source] = [0, 0, 0, 0];
  let examples: { readonly share: number; readonly document: number; readonly source: number }[] = [];
  const counting = new Shingler((hash, more) => {
    const seen = runs.seenIn(hash, more);
    total += 1;
    if (seen === null) return;
    if (found === 0) source = seen;
    found += 1;
  }, words);
  await sought.read("count", counting, {
    onDocument(document, bytes, length) {
      if (length < words) short += 1;
      const share = found / Math.max(1, total);
      if (found > 0) {
        count(some, bytes);
        if (share >= 0.5) count(half, bytes);
        if (share === 1) count(whole, bytes);
        examples = [...examples, { share, document, source }].toSorted((a, b) => b.share - a.share).slice(0, SHOWN);
      }
      [total, found] = [0, 0];
    },
  });
  const [documents, sources] = [
    await sought.show(examples.map(({ document }) => document)),
    await text.show(examples.map(({ source }) => source)),
  ];
  return {
    against: sought.all,
    some,
    half,
    whole,
    short,
    text: text.all,
    examples: examples.map(({ share, document, source }) => ({
      share,
      document: documents(document),
      source: sources(source),
    })),
    tableBytes: runs.bytes,
    leftOut: { text: text.leftOut(), against: sought.leftOut() },
  };
}

interface Listeners {
  /** A document has ended, of so many bytes and words. */
  readonly onDocument?: (document: number, bytes: number, words: number) => void;
  readonly onBatch?: () => void;
}

/** A text that is read several times. */
class Reading {
  /** Of the reading at hand, or the last one. */
  all = amount();
  readonly #places: DocumentPlaces;
  #losses = noLosses;

  constructor(
    private readonly corpus: Corpus,
    private readonly onRead: LeakOptions["onRead"],
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#places = new DocumentPlaces(corpus.files);
  }

  async read(stage: LeakProgress["stage"], shingler: Shingler, { onDocument, onBatch }: Listeners = {}): Promise<void> {
    const isFirst = this.all.documents === 0;
    this.all = amount();
    let bytes = 0; // of the document at hand
    for await (const batch of this.#documents(stage, isFirst)) {
      for (const piece of piecesOf(batch)) {
        if (this.all.documents % DOCUMENTS_A_BREATH === 0) await breathe();
        shingler.push(piece.bytes);
        bytes += piece.bytes.length;
        if (!piece.ends) continue;
        const words = shingler.end();
        onDocument?.(this.all.documents, bytes, words);
        count(this.all, bytes);
        bytes = 0;
      }
      onBatch?.();
    }
  }

  /** Reads the starts of documents, by their numbers. */
  async show(numbers: readonly number[]): Promise<(document: number) => ShownDocument> {
    const starts = await readStarts(this.#documents("examples", false), numbers);
    await this.corpus.assertUnchanged();
    return (document) => ({ ...this.#places.of(document), start: String(starts.get(document)) });
  }

  leftOut(): LeftOut {
    return leftOutOf(this.corpus, this.#losses);
  }

  #documents(stage: LeakProgress["stage"], isFirst: boolean): ReturnType<Corpus["documents"]> {
    return this.corpus.documents({
      signal: this.signal,
      ...(isFirst ? { onFileEnd: this.#places.endFile } : {}),
      onRead: ({ bytes, losses }) => {
        if (isFirst) this.#losses = losses;
        this.onRead?.({ stage, bytes, totalBytes: this.corpus.totalBytes });
      },
    });
  }
}

function tooMany(most: number): CorpusError {
  const memory = `${Math.round(most / 2 ** 20).toLocaleString("en-US")} MiB`;
  return new CorpusError(
    "INVALID_INPUT",
    `the text to look for has more runs of words than ${memory} of memory hold, half of what there is: take it in ` +
      "parts, or look for the other text in this one",
  );
}
