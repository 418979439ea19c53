import type { CorpusFormat, DocumentSeparator } from "@trainer/options";
import type { Home } from "../home/home.js";
import { breathe } from "./breathe.js";
import { openCorpus } from "./corpus.js";
import type { DocumentMode } from "./cut-documents.js";
import { DistinctCounter } from "./distinct-counter.js";
import { firstDocuments, type DocumentPreview } from "./first-documents.js";
import { documentsOf, viewOf } from "./document-batch.js";
import { documentHash, seedKey } from "./document-hash.js";
import { corpusStatistics, type CorpusStatistics } from "./statistics.js";

/** Statistics of a corpus, and its documents as a training of these options cuts them. */
export interface CorpusInspection extends CorpusStatistics {
  /** Bytes of the documents that were read. */
  readonly documentBytes: number;
  readonly documents: number;
  /** Documents that have come before. Two are the same where their lengths and their first 64 KiB are. */
  readonly duplicateDocuments: number;
  /** The first documents. */
  readonly preview: readonly DocumentPreview[];
}

export interface InspectOptions {
  readonly document: DocumentMode;
  readonly separator: DocumentSeparator;
  readonly format: CorpusFormat;
  /** The field of records that has the text; default: found, file by file. */
  readonly textField?: string | null | undefined;
  readonly home: Home;
  /** Bytes of text to read, a little more at most. */
  readonly most: number;
  /** Number of documents to show. */
  readonly show: number;
  readonly signal?: AbortSignal | undefined;
}

const DOCUMENTS_A_BREATH = 256;
const [HASH, MORE] = [seedKey("document", 0), seedKey("document", 1)];

/** Reads the start of a corpus more than once, in memory that does not grow with it. Errors: those of `openCorpus`. */
export async function inspectCorpus(path: string, { show, ...options }: InspectOptions): Promise<CorpusInspection> {
  const corpus = await openCorpus(path, options);
  const statistics = await corpusStatistics(path, options);
  const distinct = new DistinctCounter();
  const preview = await firstDocuments(corpus, show, options.signal);
  let [documents, documentBytes, length] = [0, 0, 0];
  let [hash, more] = [0, 0];
  for await (const batch of corpus.documents({ signal: options.signal })) {
    let i = 0;
    for (const bytes of documentsOf(batch)) {
      if (i % DOCUMENTS_A_BREATH === 0) await breathe();
      const isContinued = i === 0 && batch.continued;
      i += 1;
      const goesOn = batch.open && i === batch.ends.length;
      documentBytes += bytes.length;
      length = isContinued ? length + bytes.length : bytes.length;
      if (!isContinued) {
        const view = viewOf(bytes);
        [hash, more] = [documentHash(view, HASH), documentHash(view, MORE)];
      }
      if (goesOn) continue;
      documents += 1;
      distinct.add(hash, (more ^ length) & 0x1fffff);
    }
  }
  await corpus.assertUnchanged();
  const duplicateDocuments = Math.max(0, documents - distinct.count);
  return { ...statistics, documents, documentBytes, duplicateDocuments, preview };
}
