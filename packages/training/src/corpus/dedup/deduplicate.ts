import { memoryBytes } from "@trainer/disk";
import type { LeftOut } from "../../home/text-losses.js";
import { amount, count, type Amount } from "../amount.js";
import { breathe } from "../breathe.js";
import { leftOutOf, openCorpus, type Corpus, type OpenOptions } from "../corpus.js";
import { piecesOf } from "../document-batch.js";
import { noLosses } from "../left-out.js";
import { assertFits, CopyFinder } from "./copy-finder.js";
import { DocumentPlaces, type DocumentPlace } from "./document-places.js";
import { Examples, readStarts, type Copy } from "./examples.js";
import type { KeptFile } from "./kept-file.js";
import { mostAlike } from "./near-index.js";
import { assertNewFile } from "./assert-new-file.js";
import { withKept } from "./with-kept.js";

/** A document as it is shown: where it is, and its first characters. */
export interface ShownDocument extends DocumentPlace {
  readonly start: string;
}

export interface ShownCopy {
  readonly kind: "exact" | "near";
  readonly similarity: number;
  readonly kept: ShownDocument;
  readonly removed: ShownDocument;
}

/** What a corpus has of copies. */
export interface Deduplication {
  readonly files: number;
  readonly all: Readonly<Amount>;
  readonly kept: Readonly<Amount>;
  /** Documents that are equal to a kept one to the last byte. */
  readonly exact: Readonly<Amount>;
  /** Documents that are nearly equal to a kept one. */
  readonly near: Readonly<Amount>;
  readonly examples: readonly ShownCopy[];
  /** Bytes of what was remembered of the kept documents. */
  readonly tableBytes: number;
  readonly leftOut: LeftOut;
}

export interface DeduplicateOptions extends Omit<OpenOptions, "most"> {
  /** File for the kept documents: .txt for plain text, else JSON lines. Null: nothing is written. */
  readonly out: string | null;
  /** The least similarity of copies, 0.5..1; null: only equal documents are copies. */
  readonly similarity: number | null;
  /** Called with the bytes read from the disk: of the whole text, then again of what is read for the examples. */
  readonly onRead?: ((progress: DeduplicationProgress) => void) | undefined;
  /** Most bytes to remember documents in; default: half of the machine's memory. */
  readonly mostTableBytes?: number | undefined;
}

export interface DeduplicationProgress {
  readonly stage: "compare" | "examples";
  readonly bytes: number;
  readonly totalBytes: number;
}

const DOCUMENTS_A_BREATH = 64;

/**
 * Keeps the first of each set of documents that are equal or nearly so, in their order. A document is a copy if a kept
 * one before it is like it, so that each removed one has a like that stays. The text is read as a stream; memory grows
 * with the number of kept documents, not with their size.
 *
 * @throws CorpusError those of `openCorpus`; INVALID_INPUT if `out` exists, if a document cannot be written as plain
 * text, or if there are more documents than `mostTableBytes` hold.
 */
export async function deduplicate(
  paths: string | readonly string[],
  { out, similarity, onRead, mostTableBytes = memoryBytes() / 2, ...options }: DeduplicateOptions,
): Promise<Deduplication> {
  if (out !== null) await assertNewFile(out);
  const corpus = await openCorpus(paths, options);
  const places = new DocumentPlaces(corpus.files);
  let losses = noLosses;
  const report = (stage: DeduplicationProgress["stage"]) => (bytes: number) =>
    onRead?.({ stage, bytes, totalBytes: corpus.totalBytes });
  const [compared, looked] = [report("compare"), report("examples")];
  const read: CompareOptions = {
    similarity,
    mostTableBytes,
    places,
    documents: () =>
      corpus.documents({
        signal: options.signal,
        onFileEnd: places.endFile,
        onRead(progress) {
          losses = progress.losses;
          compared(progress.bytes);
        },
      }),
  };
  const found = await withKept(out, corpus, async (kept) => compare(read, kept));
  const { examples, ...amounts } = found;
  const { exact, near } = examples;
  const numbers = [...exact, ...near].flatMap(({ kept, removed }) => [kept, removed]);
  const again = corpus.documents({ signal: options.signal, onRead: (progress) => looked(progress.bytes) });
  const starts = await readStarts(again, numbers);
  await corpus.assertUnchanged();
  const shown = (document: number) => ({ ...places.of(document), start: String(starts.get(document)) });
  const show = (kind: ShownCopy["kind"]) => (copy: Copy) => ({
    kind,
    similarity: copy.similarity,
    kept: shown(copy.kept),
    removed: shown(copy.removed),
  });
  return {
    ...amounts,
    files: corpus.files.length,
    examples: [...exact.map(show("exact")), ...near.map(show("near"))],
    leftOut: leftOutOf(corpus, losses),
  };
}

interface CompareOptions {
  readonly documents: () => ReturnType<Corpus["documents"]>;
  readonly similarity: number | null;
  readonly mostTableBytes: number;
  readonly places: DocumentPlaces;
}

/** Reads all documents once, and writes those that stay. */
async function compare({ documents, similarity, mostTableBytes, places }: CompareOptions, out: KeptFile | null) {
  const copies = new CopyFinder(similarity, false);
  const [all, kept, exact, near] = [amount(), amount(), amount(), amount()];
  const examples = new Examples();
  let bytes = 0; // of the document at hand
  for await (const batch of documents()) {
    for (const { bytes: piece, begins, ends } of piecesOf(batch)) {
      if (all.documents % DOCUMENTS_A_BREATH === 0) await breathe();
      if (begins) {
        bytes = 0;
        out?.begin();
      }
      bytes += piece.length;
      copies.push(piece);
      if (out !== null) {
        out.assertWritable(piece, () => places.of(all.documents));
        await out.append(piece);
      }
      if (!ends) break; // it goes on in the next batch
      const found = copies.end();
      const like = mostAlike(found.near);
      const document = all.documents;
      count(all, bytes);
      if (found.equal !== null) {
        count(exact, bytes);
        examples.addExact({ kept: found.equal, removed: document, similarity: 1 });
        out?.drop();
      } else if (like !== null) {
        count(near, bytes);
        examples.addNear({ kept: like.document, removed: document, similarity: like.similarity });
        out?.drop();
      } else {
        copies.keep(document);
        count(kept, bytes);
        out?.keep();
      }
    }
    assertFits(copies.bytes, all.documents, mostTableBytes);
  }
  return { all, kept, exact, near, examples, tableBytes: copies.bytes };
}
