import type { LeftOut } from "../../home/text-losses.js";
import { amount, count, type Amount } from "../amount.js";
import { breathe } from "../breathe.js";
import { leftOutOf, openCorpus, type OpenOptions } from "../corpus.js";
import { DocumentPlaces } from "../dedup/document-places.js";
import { startOf } from "../dedup/examples.js";
import { assertNewFile } from "../dedup/assert-new-file.js";
import { withKept } from "../dedup/with-kept.js";
import { piecesOf } from "../document-batch.js";
import { noLosses } from "../left-out.js";
import { DocumentJudge, type CleanLimits } from "./document-judge.js";
import { wantedLanguages } from "./languages.js";
import { Masker } from "./masker.js";
import type { Mask } from "./masks.js";
import { Perplexities, type PerplexityLimit } from "./perplexities.js";
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
  /** Those that stayed since they are too short for a perplexity; null where there is no limit. */
  readonly unscored: Readonly<Amount> | null;
  readonly masked: readonly Masked[];
  readonly leftOut: LeftOut;
}

export interface CleanOptions extends Omit<OpenOptions, "most">, CleanLimits {
  /** File for the documents that stay: .txt for plain text, else JSON lines. Null: nothing is written. */
  readonly out: string | null;
  readonly mask: readonly Mask[];
  /** Country whose phone numbers are masked as they are dialled there too: two letters. */
  readonly country: string | null;
  /** Limit by a model; null or left out: none. The text is then read twice. */
  readonly perplexity?: PerplexityLimit | null | undefined;
  /** Called with the bytes read from the disk, of all that is read. */
  readonly onRead?: ((progress: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

const DOCUMENTS_A_BREATH = 16;

/**
 * Takes documents out of a corpus by their length, their language, their repetitions and how a model foresees them, and masks personal
 * data in those that stay. The text is read as a stream, in memory that does not grow with it but for a number for each
 * document where a model judges.
 *
 * @throws CorpusError those of `openCorpus`; INVALID_INPUT if `out` exists, for a country or a language that there is not, and if a
 * document cannot be written as plain text
 */
export async function cleanCorpus(
  paths: string | readonly string[],
  { out, mask, country, perplexity = null, onRead, ...options }: CleanOptions,
): Promise<Cleaning> {
  if (out !== null) await assertNewFile(out);
  const { personalDataFinder } = await import("./personal-data.js"); // here, or every command would load its tables
  const find = personalDataFinder(mask, country);
  const languages = options.languages.length === 0 ? null : await wantedLanguages(options.languages);
  const corpus = await openCorpus(paths, options);
  const places = new DocumentPlaces(corpus.files);
  const reader = (from: number) => (bytes: number) =>
    onRead?.({ bytes: from + bytes, totalBytes: corpus.totalBytes * (perplexity === null ? 1 : 2) });
  const scoring = reader(0);
  const cleaning = reader(perplexity === null ? 0 : corpus.totalBytes);
  const scored =
    perplexity === null
      ? null
      : await Perplexities.compute(
          corpus.documents({ signal: options.signal, onRead: ({ bytes }) => scoring(bytes) }),
          new DocumentJudge(options, languages),
          perplexity,
        );
  let losses = noLosses;
  const [all, kept, untold, unscored] = [amount(), amount(), amount(), amount()];
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
        cleaning(progress.bytes);
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
        const { verdict: byItself, isUntold } = judge.end();
        const verdict = byItself ?? scored?.verdictOn(all.documents) ?? null;
        for (const tally of masked.values()) tally.end(verdict === null, place);
        if (verdict === null) {
          file?.keep();
          count(kept, bytes);
          if (isUntold) count(untold, bytes);
          if (scored?.isUnknown(all.documents) === true) count(unscored, bytes);
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
    unscored: scored === null ? null : unscored,
    masked: [...masked.values()].map((tally) => tally.result()),
    leftOut: leftOutOf(corpus, losses),
  };
}
