import type { Corpus } from "./corpus.js";
import { documentsOf } from "./document-batch.js";

/** What is shown of a document. */
export interface DocumentPreview {
  /** The document's start, in whole characters. */
  readonly text: string;
  /** True if the document goes on. */
  readonly isCut: boolean;
}

/** Bytes of a document that are shown. */
const SHOWN_BYTES = 2000;

/** The first `count` documents of a corpus; no more of it is read than it takes. */
export async function firstDocuments(
  corpus: Pick<Corpus, "documents">,
  count: number,
  signal?: AbortSignal,
): Promise<DocumentPreview[]> {
  const shown: DocumentPreview[] = [];
  for await (const batch of corpus.documents({ signal })) {
    for (const [i, bytes] of [...documentsOf(batch)].entries()) {
      if (i === 0 && batch.continued) continue;
      shown.push(previewOf(bytes, batch.open && i === batch.ends.length - 1));
      if (shown.length === count) return shown;
    }
  }
  return shown;
}

function previewOf(bytes: Buffer, goesOn: boolean): DocumentPreview {
  const isCut = goesOn || bytes.length > SHOWN_BYTES;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, SHOWN_BYTES), { stream: isCut });
  return { text, isCut };
}
