import { lstat, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { entriesIn, syncFolder, unlessAbsent } from "@trainer/disk";
import type { DocumentSeparator, documents } from "@trainer/options";
import { AppError, type CorpusEntry, type CorpusList, type CorpusRemoved, type CorpusReport } from "@trainer/platform";
import {
  inspectCorpus,
  leftOutSentences,
  measure,
  noText,
  type CorpusInspection,
  type Home,
  type TextRoot,
} from "@trainer/training/files";
import { checkCorpusName } from "./corpus-name.js";
import type { Jobs } from "./jobs.js";
import { Recent } from "./recent.js";
import { textRefusal } from "./text-refusal.js";

export interface CorporaDeps {
  /** With its texts: a folder of them is read as a training reads it. */
  readonly home: Home;
  readonly texts: TextRoot;
  readonly jobs: Jobs;
}

export interface Reading {
  readonly document: (typeof documents)[number];
  readonly separator: DocumentSeparator;
  /** The field of records that has the text; left out: found. */
  readonly textField?: string | undefined;
  /** Documents to show. */
  readonly show: number;
}

/** Text that is read for a report. */
export const SAMPLE_BYTES = 32 << 20;

/** The texts that requests may name. */
export class Corpora {
  readonly #deps: CorporaDeps;
  readonly #reports = new Recent<CorpusInspection>(50);

  constructor(deps: CorporaDeps) {
    this.#deps = deps;
  }

  /** Sorted by name; what is hidden, or leads out of the folder, is none of them. */
  async list(): Promise<CorpusList> {
    const entries = await entriesIn(this.#deps.texts.folder);
    const names = entries.map(({ name }) => name).filter((name) => !name.startsWith("."));
    const found = await Promise.all(names.toSorted().map((name) => this.#entry(name)));
    return { corpora: found.flatMap((each) => (each === null ? [] : [each.entry])) };
  }

  /** @throws AppError CORPUS_NOT_FOUND, CORPUS_EMPTY, INVALID_INPUT */
  async report(name: string, { document, separator, textField, show }: Reading): Promise<CorpusReport> {
    const { home, texts } = this.#deps;
    const found = await this.#entry(name);
    if (found === null) throw new AppError("CORPUS_NOT_FOUND", noText(name, "corpus"));
    const { path, entry } = found;
    const shown = (message: string) => message.replaceAll(path, entry.name).replaceAll(`${texts.folder}/`, "");
    try {
      const key = JSON.stringify([
        path,
        entry.bytes,
        entry.files,
        entry.modified_at,
        document,
        separator,
        textField,
        show,
      ]);
      const options = { document, separator, textField, format: "auto", home, most: SAMPLE_BYTES, show } as const;
      const inspection = await this.#reports.get(key, () => inspectCorpus(path, options));
      return { ...entry, document, document_separator: separator, ...reportOf(inspection, shown) };
    } catch (error) {
      throw textRefusal(error, shown);
    }
  }

  /** @throws AppError CORPUS_NOT_FOUND, CONFLICT for a folder and for a text that is still needed */
  async remove(name: string): Promise<CorpusRemoved> {
    checkCorpusName(name);
    const { texts } = this.#deps;
    const path = join(texts.folder, name);
    const info = await unlessAbsent(lstat(path));
    if (info === null) throw new AppError("CORPUS_NOT_FOUND", noText(name, "file"));
    if (!info.isFile() && !info.isSymbolicLink())
      throw new AppError("CONFLICT", `${name} is no file: what else lies there is removed on the server itself`);
    await this.assertUnneeded(name);
    await rm(path, { force: true });
    await syncFolder(texts.folder);
    return { name, bytes: info.size };
  }

  /** @throws AppError CONFLICT for a text that a queued or running training or tokenizer reads */
  async assertUnneeded(name: string): Promise<void> {
    const { texts, jobs } = this.#deps;
    const path = await texts.find(name, "corpus");
    for (const other of await jobs.corpora()) {
      if (path === null || (await texts.find(other, "corpus")) !== path) continue;
      throw new AppError("CONFLICT", `${name} is read by a training that is queued or runs: wait for it or stop it`);
    }
  }

  async #entry(name: string): Promise<{ readonly path: string; readonly entry: CorpusEntry } | null> {
    const { texts } = this.#deps;
    const path = await texts.find(name, "corpus");
    const info = path === null ? null : await unlessAbsent(stat(path));
    if (path === null || info === null) return null;
    const kind = info.isDirectory() ? "folder" : "file";
    const { bytes, files, mtimeMs } =
      kind === "folder" ? await measure(path) : { bytes: info.size, files: 1, mtimeMs: info.mtimeMs };
    return { path, entry: { name, kind, files, bytes, modified_at: new Date(mtimeMs).toISOString() } };
  }
}

const share = (part: number, whole: number) => part / Math.max(1, whole);

/** The figures of an inspection as clients have them. */
const reportOf = (read: CorpusInspection, shown: (message: string) => string) => ({
  sampled: read.sampled,
  documents: read.documents,
  document_bytes: read.documentBytes,
  duplicate_documents: read.duplicateDocuments,
  duplicate_documents_share: share(read.duplicateDocuments, read.documents),
  lines: read.lines,
  duplicate_lines: read.duplicateLines,
  duplicate_lines_share: share(read.duplicateLines, read.lines),
  duplicates_exact: read.duplicatesExact,
  characters: read.characters,
  invalid_characters: read.leftOut.characters.count,
  longest_line: read.longestLine,
  scripts: read.scripts.map((each) => ({ ...each, share: share(each.characters, read.characters) })),
  left_out: leftOutSentences(read.leftOut).map(shown),
  preview: read.preview.map(({ text, isCut }) => ({ text, cut: isCut })),
});
