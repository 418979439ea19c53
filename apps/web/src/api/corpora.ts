import { queryOptions } from "@tanstack/react-query";
import { CorpusList, CorpusReport, CorpusUpload } from "@trainer/platform/browser";
import { ApiError, ask, pathTo } from "./ask.js";

/** How often the list is read again, for what others put there. */
const EVERY_MS = 15_000;

/** The texts that the service has. */
export const corporaQuery = queryOptions({
  queryKey: ["corpora"],
  queryFn: ({ signal }) => ask(CorpusList, "/corpora", { signal }),
  refetchInterval: EVERY_MS,
});

export interface Reading {
  readonly document: string;
  readonly document_separator: string;
  /** The field of records that has the text; blank: the one that looks like it. */
  readonly text_field: string;
}

/** Documents that are shown of a text. */
const PREVIEW = 5;

/** What a text is like. */
export const corpusQuery = (name: string, reading: Reading) =>
  queryOptions({
    queryKey: ["corpora", name, reading],
    queryFn: ({ signal }) => ask(CorpusReport, pathTo(pathOf(name), { ...reading, preview: PREVIEW }), { signal }),
    staleTime: 60_000,
  });

const pathOf = (name: string): string => `/corpora/${encodeURIComponent(name)}`;

export interface Upload {
  readonly name: string;
  readonly file: Blob;
  /** What has the name already gives way. */
  readonly replace: boolean;
  readonly onProgress: (sent: number) => void;
  readonly signal: AbortSignal;
}

const MOST_PIECE = 8 << 20;
const LEAST_PIECE = 256 << 10;

/** Bytes of a piece: small enough for about twenty of them, so that one sees it go on. */
const pieceOf = (total: number): number => Math.min(MOST_PIECE, Math.max(LEAST_PIECE, Math.ceil(total / 20)));

/**
 * Sends a text piece by piece, from where an earlier try ended.
 * @throws ApiError CONFLICT where another text has the name
 */
export async function uploadCorpus({ name, file, replace, onProgress, signal }: Upload): Promise<void> {
  const [total, size] = [file.size, pieceOf(file.size)];
  for (let offset = await arrived(name, total, signal); ;) {
    onProgress(offset);
    const path = pathTo(pathOf(name), { offset, total, replace });
    const piece = file.slice(offset, offset + size, "application/octet-stream");
    const answer = await ask(CorpusUpload, path, { method: "PUT", bytes: piece, signal });
    if (answer.done) return;
    offset = answer.offset;
  }
}

/** How many bytes of a text have come in an earlier try. */
async function arrived(name: string, total: number, signal: AbortSignal): Promise<number> {
  try {
    const upload = await ask(CorpusUpload, `${pathOf(name)}/upload`, { signal });
    return upload.total === total ? upload.offset : 0;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 0;
    throw error;
  }
}
