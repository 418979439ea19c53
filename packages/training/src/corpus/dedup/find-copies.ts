import { at, memoryBytes } from "@trainer/disk";
import type { DedupChoice } from "@trainer/options";
import { amount, count } from "../amount.js";
import { breathe } from "../breathe.js";
import type { Corpus, ReadOptions } from "../corpus.js";
import { piecesOf, viewOf } from "../document-batch.js";
import type { CopyLosses } from "../left-out.js";
import { splitHash, type SplitKey } from "../split-hash.js";
import { CopyGroups } from "./copy-groups.js";
import { assertFits, CopyFinder } from "./copy-finder.js";
import { DocumentPlaces } from "./document-places.js";
import { Examples, readStarts } from "./examples.js";
import { mostAlike } from "./near-index.js";
import { Rows } from "./rows.js";
import { DocumentSet } from "./without-documents.js";

/** The least similarity of near copies that are left out of a training. */
const COPY = 0.8;
/**
 * The least of those that are on one side of a split: less, for it costs nothing, and similarities are estimates. So none of
 * 0.8 falls on two sides for an estimate that is three standard errors off.
 */
const ALIKE = 0.72;

/** Version of the rule by which documents are copies of each other in a training. */
export const COPIES_VERSION = 1;

/** What is done with copies before a corpus is split. */
export type Treatment = Exclude<DedupChoice, "none">;

/** The copies in a corpus. */
export interface Copies {
  /** Documents that are in no split. */
  readonly removed: DocumentSet;
  /** By the hash of a document that stays with others: the hash by which all of them are drawn. */
  readonly drawnBy: ReadonlyMap<number, number>;
  readonly losses: CopyLosses;
}

export interface FindOptions extends ReadOptions {
  readonly treatment: Treatment;
  /** False where all that stays is of one split, and is not to be grouped. */
  readonly isSplit: boolean;
  /** What documents are drawn by for splits. */
  readonly key: SplitKey;
  /** True if the files are hashed on the way. */
  readonly hash?: boolean;
  /** Most bytes to remember documents in; default: half of the machine's memory. */
  readonly mostTableBytes?: number | undefined;
}

/**
 * Finds the copies in a corpus, in one pass, and its start again for what is shown; memory grows with the number of documents,
 * not with their size. The first of equal documents stays, or of near ones; what stays is drawn with all that it is
 * nearly like, but where equal documents alone are looked for.
 *
 * @throws CorpusError INVALID_INPUT if there are more documents than `mostTableBytes` hold
 */
export async function findCopies(
  corpus: Corpus,
  { treatment, isSplit, key, mostTableBytes = memoryBytes() / 2, ...read }: FindOptions,
): Promise<Copies> {
  const finder = new CopyFinder(treatment === "exact" ? null : isSplit ? ALIKE : COPY, corpus.conversations !== null);
  const places = new DocumentPlaces(corpus.files);
  const [removed, groups, examples] = [new DocumentSet(), new CopyGroups(), new Examples()];
  const [exact, near] = [amount(), amount()];
  let document = 0;
  let [bytes, hash] = [0, 0]; // of the document at hand
  const hashes = new Rows(1); // of all documents
  const end = () => {
    const { equal, near: alike } = finder.end();
    const like = mostAlike(alike);
    if (equal !== null) {
      if (treatment === "together") return; // it has the hash of the other, and so its side
      removed.add(document);
      count(exact, bytes);
      examples.addExact({ kept: equal, removed: document, similarity: 1 });
    } else if (treatment === "near" && like !== null && like.similarity >= COPY) {
      removed.add(document);
      count(near, bytes);
      examples.addNear({ kept: like.document, removed: document, similarity: like.similarity });
    } else {
      finder.keep(document);
      for (const other of alike) groups.add(at(hashes.row(other.document), 0), hash);
    }
  };
  for await (const batch of corpus.documents({ ...read, onFileEnd: places.endFile })) {
    for (const piece of piecesOf(batch)) {
      if (piece.begins) [bytes, hash] = [0, splitHash(viewOf(piece.bytes), key)];
      bytes += piece.bytes.length;
      finder.push(piece.bytes);
      if (!piece.ends) break; // it goes on in the next batch
      hashes.push()[0] = hash;
      end();
      document += 1;
      if (document % DOCUMENTS_A_BREATH === 0) await breathe();
    }
    read.signal?.throwIfAborted();
    assertFits(finder.bytes + hashes.bytes + groups.documents * BYTES_A_GROUPED, document, mostTableBytes);
  }
  const shown = [...examples.exact, ...examples.near];
  const starts = await readStarts(
    corpus.documents({ signal: read.signal }),
    shown.flatMap((copy) => [copy.kept, copy.removed]),
  );
  const placed = (number: number) => ({ ...places.indexOf(number), start: String(starts.get(number)) });
  return {
    removed,
    drawnBy: groups.roots(),
    losses: {
      exact,
      near,
      together: { documents: groups.documents, groups: groups.groups },
      examples: shown.map((copy) => ({
        similarity: copy.similarity,
        kept: placed(copy.kept),
        removed: placed(copy.removed),
      })),
    },
  };
}

const DOCUMENTS_A_BREATH = 64;
/** Bytes of two maps' entries. */
const BYTES_A_GROUPED = 100;
