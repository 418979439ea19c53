import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Sha256 } from "@trainer/disk";
import type { CorpusFormat } from "@trainer/options";
import { archiveOf, compressionOf, namedFormat, refuseMarked } from "@trainer/training/options";
import { filesService, withProgress } from "../services/files-service.js";
import { mixArgument } from "../flags/mix-argument.js";
import type { Invocation } from "../framework/define-command.js";
import { explain, UsageError } from "../process/errors.js";

/** The text of a command line as a server can have it: a file to send, or one that its file service has. */
export type RemoteText = {
  /** Format by which it is read there, where its name is unknown. */
  readonly format: CorpusFormat;
} & ({ readonly path: string; readonly fileId: null } | { readonly path: null; readonly fileId: Sha256 });

/** A text in a server's file service. */
export interface SentText {
  readonly fileId: Sha256;
  readonly bytes: number;
}

/** @throws UsageError for what a server could not read as this machine does */
export async function remoteText(words: readonly string[], as: CorpusFormat): Promise<RemoteText> {
  const { corpus, corpusFileId: fileId, corpusWeights } = mixArgument(words);
  if (corpusWeights !== null)
    throw new UsageError(
      "texts are mixed where they lie: train here without --server, or put them into the server's corpus folder and name them by corpus_paths and corpus_weights in a request",
    );
  if (fileId !== null) return { path: null, fileId, format: as };
  if (corpus.length > 1) throw notOne("one file");
  const path = String(corpus[0]);
  const format = as === "auto" ? namedFormat(path) : as;
  if (archiveOf(path) !== null || compressionOf(path) !== null || format === "json")
    throw notOne("a file of plain text, JSON lines or a table");
  if (as === "auto") refuseMarkedText(path);
  if ((await stat(path)).isDirectory()) throw notOne("one file");
  return { path, fileId: null, format };
}

function refuseMarkedText(path: string): void {
  try {
    refuseMarked(path);
  } catch (error) {
    throw new UsageError(explain(error).message);
  }
}

const notOne = (what: string) =>
  new UsageError(
    `a server reads ${what}: \`trainer corpus add\` makes one of what you have, and prints the id to name in its place`,
  );

/** Sends a text to the file service, unless that has it. */
export async function sendText(
  { path, fileId }: RemoteText,
  { home, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  signal: AbortSignal,
): Promise<SentText> {
  const files = filesService({ home, io, out });
  if (path === null) return { fileId, bytes: (await files.info(fileId)).size };
  const { size: bytes } = await stat(path);
  const { file_id: id } = await withProgress(io, out, basename(path), (onProgress) =>
    files.upload(path, "text/plain", { onProgress, signal }),
  );
  out.note(`corpus     ${id}`);
  return { fileId: id, bytes };
}
