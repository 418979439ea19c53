import { at, memoryBytes } from "@trainer/disk";
import type { DedupChoice } from "@trainer/options";
import { amount, count, type Amount } from "../amount.js";
import { breathe } from "../breathe.js";
import type { Corpus, ReadOptions } from "../corpus.js";
import { piecesOf, viewOf } from "../document-batch.js";
import { inTurn, joinCorpora } from "../join-corpora.js";
import { copiesOfBoth, type CopyLosses } from "../left-out.js";
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
  /** Number of those that stay. */
  readonly kept: number;
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

/** The copies in several corpora, which are read one after another. */
export interface CopiesInAll {
  /** Of each by itself: what is removed in it by its own numbers, and places by the files of all. */
  readonly sources: readonly Copies[];
  readonly whole: Copies;
}

/** What is found in one of several corpora. */
interface Found {
  readonly removed: DocumentSet;
  readonly exact: Amount;
  readonly near: Amount;
  readonly examples: Examples;
  /** Number of its documents. */
  documents: number;
}

/**
 * Finds the copies in corpora, in one pass, and its start again for what is shown; memory grows with the number of documents,
 * not with their size. The first of equal documents stays, or of near ones, in the order of the corpora; what stays is drawn
 * with all that it is nearly like, but where equal documents alone are looked for.
 *
 * @throws CorpusError INVALID_INPUT if there are more documents than `mostTableBytes` hold
 */
export async function findCopies(
  corpora: readonly Corpus[],
  { treatment, isSplit, key, mostTableBytes = memoryBytes() / 2, hash: isHashed = false, ...read }: FindOptions,
): Promise<CopiesInAll> {
  const { files, conversations, documents: all } = joinCorpora(corpora);
  const finder = new CopyFinder(treatment === "exact" ? null : isSplit ? ALIKE : COPY, conversations !== null);
  const places = new DocumentPlaces(files);
  const groups = new CopyGroups();
  const hashes = new Rows(1); // of all documents
  let document = 0;
  let [bytes, hash] = [0, 0]; // of the document at hand
  const end = ({ removed, exact, near, examples, documents }: Found) => {
    const { equal, near: alike } = finder.end();
    const like = mostAlike(alike);
    if (equal !== null) {
      if (treatment === "together") return; // it has the hash of the other, and so its side
      removed.add(documents);
      count(exact, bytes);
      examples.addExact({ kept: equal, removed: document, similarity: 1 });
    } else if (treatment === "near" && like !== null && like.similarity >= COPY) {
      removed.add(documents);
      count(near, bytes);
      examples.addNear({ kept: like.document, removed: document, similarity: like.similarity });
    } else {
      finder.keep(document);
      for (const other of alike) groups.add(at(hashes.row(other.document), 0), hash);
    }
  };
  const turn = inTurn({ ...read, onFileEnd: places.endFile });
  const found: Found[] = [];
  for (const corpus of corpora) {
    const here = {
      removed: new DocumentSet(),
      exact: amount(),
      near: amount(),
      examples: new Examples(),
      documents: 0,
    };
    found.push(here);
    for await (const batch of corpus.documents({ ...turn(corpus), hash: isHashed })) {
      for (const piece of piecesOf(batch)) {
        if (piece.begins) [bytes, hash] = [0, splitHash(viewOf(piece.bytes), key)];
        bytes += piece.bytes.length;
        finder.push(piece.bytes);
        if (!piece.ends) break; // it goes on in the next batch
        hashes.push()[0] = hash;
        end(here);
        document += 1;
        here.documents += 1;
        if (document % DOCUMENTS_A_BREATH === 0) await breathe();
      }
      read.signal?.throwIfAborted();
      assertFits(finder.bytes + hashes.bytes + groups.documents * BYTES_A_GROUPED, document, mostTableBytes);
    }
  }
  const shown = found.flatMap(({ examples }) => [...examples.exact, ...examples.near]);
  const starts = await readStarts(
    all({ signal: read.signal }),
    shown.flatMap((copy) => [copy.kept, copy.removed]),
  );
  const placed = (number: number) => ({ ...places.indexOf(number), start: String(starts.get(number)) });
  const drawnBy = groups.roots();
  const together = groupsIn(found, hashes, drawnBy);
  const sources = found.map(({ removed, exact, near, examples, documents }, i) => ({
    removed,
    kept: documents - removed.size,
    drawnBy,
    losses: {
      exact,
      near,
      together: at(together, i),
      examples: [...examples.exact, ...examples.near].map((copy) => ({
        similarity: copy.similarity,
        kept: placed(copy.kept),
        removed: placed(copy.removed),
      })),
    },
  }));
  return { sources, whole: joinedCopies(sources, found) };
}

/** Documents in groups, and groups, counted in the first corpus that has them: those of equal hashes are one. */
function groupsIn(found: readonly Found[], hashes: Rows, drawnBy: Copies["drawnBy"]): CopyLosses["together"][] {
  const counted = new Set<number>();
  const roots = new Set<number>();
  let document = 0;
  return found.map(({ documents }) => {
    const [before, groups] = [counted.size, roots.size];
    for (const last = document + documents; document < last; document += 1) {
      const hash = at(hashes.row(document), 0);
      const root = drawnBy.get(hash);
      if (root === undefined) continue;
      counted.add(hash);
      roots.add(root);
    }
    return { documents: counted.size - before, groups: roots.size - groups };
  });
}

/** Of several corpora as of one, by the numbers of its documents. */
function joinedCopies(sources: readonly Copies[], found: readonly Found[]): Copies {
  const [first, ...others] = sources;
  if (first !== undefined && others.length === 0) return first;
  const removed = new DocumentSet();
  let document = 0;
  for (const of of found) {
    for (let i = 0; i < of.documents; i += 1, document += 1) if (of.removed.has(i)) removed.add(document);
  }
  return {
    removed,
    kept: document - removed.size,
    drawnBy: at(sources, 0).drawnBy,
    losses: sources.map(({ losses }) => losses).reduce(copiesOfBoth),
  };
}

const DOCUMENTS_A_BREATH = 64;
/** Bytes of two maps' entries. */
const BYTES_A_GROUPED = 100;
