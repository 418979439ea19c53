import { createHash } from "node:crypto";
import { at } from "@trainer/disk";
import type { Corpus, ReadOptions, ReadProgress } from "./corpus.js";
import { noLosses, type TextLosses } from "./left-out.js";

/** Several corpora, opened with equal options, as one: read one after another, and never one document across two. */
export function joinCorpora(corpora: readonly Corpus[]): Corpus {
  const first = at(corpora, 0);
  const files = corpora.flatMap((corpus) => corpus.files);
  return {
    ...first,
    files,
    totalBytes: corpora.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    skipped: corpora.flatMap(({ skipped }) => skipped),
    async sha256(read = {}) {
      const hashes: string[] = [];
      const turn = inTurn(read);
      for (const corpus of corpora) hashes.push(await corpus.sha256(turn(corpus)));
      return createHash("sha256").update(hashes.join("\n")).digest("hex");
    },
    async *documents({ hash = false, ...read } = {}) {
      const turn = inTurn(read);
      for (const corpus of corpora) yield* corpus.documents({ ...turn(corpus), hash });
    },
    async assertUnchanged() {
      for (const corpus of corpora) await corpus.assertUnchanged();
    },
  };
}

interface Before {
  readonly bytes: number;
  readonly files: number;
  readonly documents: number;
  readonly losses: TextLosses;
}

/** Options to read each of several corpora with, one after another, so that what is told is of them all. */
export function inTurn({ signal, onRead, onFileEnd }: ReadOptions): (corpus: Pick<Corpus, "files">) => ReadOptions {
  let before: Before = { bytes: 0, files: 0, documents: 0, losses: noLosses };
  let now = before;
  let files = 0;
  return (corpus) => {
    before = { ...now, files };
    files += corpus.files.length;
    return {
      signal,
      onRead: ({ bytes, isCut, losses }: Readonly<ReadProgress>) => {
        now = { ...now, bytes: before.bytes + bytes, losses: together(before, losses) };
        onRead?.({ bytes: now.bytes, isCut, losses: now.losses });
      },
      onFileEnd: (documents) => {
        now = { ...now, documents: before.documents + documents };
        onFileEnd?.(now.documents);
      },
    };
  };
}

function together({ losses: { replaced, separators }, files }: Before, more: TextLosses): TextLosses {
  const counts = { ...separators };
  for (const [line, count] of Object.entries(more.separators)) counts[line] = (counts[line] ?? 0) + count;
  return {
    replaced: [...replaced, ...more.replaced.map((each) => ({ ...each, file: files + each.file }))],
    separators: counts,
  };
}
