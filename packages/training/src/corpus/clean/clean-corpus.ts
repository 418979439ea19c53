import type { LeftOut } from "../../home/text-losses.js";
import { amount, count, type Amount } from "../amount.js";
import { breathe } from "../breathe.js";
import { leftOutOf, openCorpus, type OpenOptions } from "../corpus.js";
import { DocumentPlaces } from "../dedup/document-places.js";
import { startOf } from "../dedup/examples.js";
import { refuseExisting } from "../dedup/refuse-existing.js";
import { withKept } from "../dedup/with-kept.js";
import { piecesOf } from "../document-batch.js";
import { noLosses } from "../left-out.js";
import { DocumentJudge, type CleanLimits } from "./document-judge.js";
import { wantedLanguages } from "./languages.js";
import { Masker } from "./masker.js";
import type { Mask } from "./masks.js";
import { MaskedTally, RemovedTally, type Masked, type Removed } from "./tally.js";

/** What was done to a corpus. */
export interface Cleaning {
  readonly files: number;
  readonly all: Readonly<Amount>;
  /** Those that stayed, with their bytes before they were masked. */
  readonly kept: Readonly<Amount>;
  readonly removed: readonly Removed[];
  /** Those that stayed since they have too little text to tell their language; null where it is not asked. */
  readonly untold: Readonly<Amount> | null;
  readonly masked: readonly Masked[];
  readonly leftOut: LeftOut;
}

export interface CleanOptions extends Omit<OpenOptions, "most">, CleanLimits {
  /** File for the documents that stay: .txt for plain text, else JSON lines. Null: nothing is written. */
  readonly out: string | null;
  readonly mask: readonly Mask[];
  /** Country whose phone numbers are masked as they are dialled there too: two letters. */
  readonly country: string | null;
  /** Called with the bytes read from the disk. */
  readonly onRead?: ((progress: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

const DOCUMENTS_A_BREATH = 16;

/**
 * Takes documents out of a corpus by their length, their language and their repetitions, and masks personal data in those that stay. The
 * text is read as a stream, in memory that does not grow with it.
 *
 * @throws CorpusError those of `openCorpus`; INVALID_INPUT if `out` exists, for a country or a language that there is not, and if a
 * document cannot be written as plain text
 */
export async function cleanCorpus(
  paths: string | readonly string[],
  { out, mask, country, onRead, ...options }: CleanOptions,
): Promise<Cleaning> {
  if (out !== null) await refuseExisting(out);
  const { personalDataFinder } = await import("./personal-data.js"); // here, or every command would load its tables
  const find = personalDataFinder(mask, country);
  const languages = options.languages.length === 0 ? null : await wantedLanguages(options.languages);
  const corpus = await openCorpus(paths, options);
  const places = new DocumentPlaces(corpus.files);
  let losses = noLosses;
  const [all, kept, untold] = [amount(), amount(), amount()];
  const removed = new RemovedTally();
  const masked = new Map(mask.map((kind) => [kind, new MaskedTally(kind)] as const));
  await withKept(out, corpus, async (file) => {
    const judge = new DocumentJudge(options, languages);
    const masker = new Masker(find, ({ kind }, written) => masked.get(kind)?.add(written));
    const place = () => places.of(all.documents);
    let [bytes, start] = [0, ""];
    const documents = corpus.documents({
      signal: options.signal,
      onFileEnd: places.endFile,
      onRead(progress) {
        losses = progress.losses;
        onRead?.({ bytes: progress.bytes, totalBytes: corpus.totalBytes });
      },
    });
    for await (const batch of documents) {
      for (const piece of piecesOf(batch)) {
        if (all.documents % DOCUMENTS_A_BREATH === 0) await breathe();
        if (piece.begins) {
          [bytes, start] = [0, startOf(piece.bytes)];
          file?.begin();
        }
        bytes += piece.bytes.length;
        judge.push(piece.bytes);
        const text = masker.push(piece.bytes, piece.ends);
        file?.assertWritable(text, place);
        await file?.append(text);
        if (!piece.ends) continue;
        const { verdict, isUntold } = judge.end();
        if (isUntold) count(untold, bytes);
        for (const tally of masked.values()) tally.end(verdict === null, place);
        if (verdict === null) {
          file?.keep();
          count(kept, bytes);
        } else {
          file?.drop();
          removed.add(verdict, bytes, () => ({ ...place(), start }));
        }
        count(all, bytes);
      }
    }
  });
  return {
    files: corpus.files.length,
    all,
    kept,
    removed: removed.result(),
    untold: languages === null ? null : untold,
    masked: [...masked.values()].map((tally) => tally.result()),
    leftOut: leftOutOf(corpus, losses),
  };
}
