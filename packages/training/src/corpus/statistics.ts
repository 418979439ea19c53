import { breathe } from "./breathe.js";
import { leftOutOf, openCorpus, type OpenOptions, type ReadOptions } from "./corpus.js";
import { DistinctCounter } from "./distinct-counter.js";
import { documentHash, seedKey } from "./document-hash.js";
import { counted, noLosses } from "./left-out.js";
import type { LeftOut } from "../home/text-losses.js";
import { ScriptCounter, type ScriptCount } from "./script-counter.js";

/** Statistics of a corpus. Lines are stripped of the whitespace around them, and blank ones do not count. */
export interface CorpusStatistics {
  readonly files: number;
  /** Files by the format that they are read in. */
  readonly formats: Readonly<Record<string, number>>;
  /** Size on disk. */
  readonly bytes: number;
  readonly lines: number;
  /** Code points. */
  readonly characters: number;
  /** The parts of the given text that are not counted. */
  readonly leftOut: LeftOut;
  /** Lines that have come before. Two lines are the same where their lengths and their first 64 KiB are. */
  readonly duplicateLines: number;
  /** True if that is exact: there are a million distinct lines at most. */
  readonly duplicatesExact: boolean;
  readonly longestLine: { readonly characters: number; readonly start: string };
  readonly scripts: readonly ScriptCount[];
  /** True if they are of the text's start alone, as `most` has it. */
  readonly sampled: boolean;
}

const [HASH, MORE] = [seedKey("line", 0), seedKey("line", 1)];
const START_BYTES = 200;
const LINES_A_BREATH = 256;

export interface StatisticsOptions extends Omit<OpenOptions, "document"> {
  /** Called with the number of bytes read from the disk. */
  readonly onRead?: ((progress: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

/** Reads a corpus once, in memory that does not grow with it. Errors: those of `openCorpus`. */
export async function corpusStatistics(
  paths: string | readonly string[],
  { onRead: hear, ...options }: StatisticsOptions = {},
): Promise<CorpusStatistics> {
  const corpus = await openCorpus(paths, { ...options, document: "line", cutSources: true });
  const scripts = new ScriptCounter();
  const distinct = new DistinctCounter();
  let [lines, characters] = [0, 0];
  let losses = noLosses;
  let sampled = false;
  let longest = { characters: 0, start: "" };
  let line = { characters: 0, hash: 0, more: 0, start: "" };
  const onRead: ReadOptions["onRead"] = (progress) => {
    losses = progress.losses;
    sampled = progress.isCut;
    hear?.({ bytes: progress.bytes, totalBytes: corpus.totalBytes });
  };
  for await (const { bytes, ends, continued, open } of corpus.documents({ signal: options.signal, onRead })) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (const [i, end] of ends.entries()) {
      if (i % LINES_A_BREATH === 0) await breathe();
      if (i > 0 || !continued) {
        const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + START_BYTES)));
        line = {
          characters: 0,
          hash: documentHash(view, HASH, start, end),
          more: documentHash(view, MORE, start, end),
          start: text.slice(0, 40),
        };
      }
      line.characters += scripts.add(bytes, start, end);
      start = end;
      if (open && i === ends.length - 1) break; // it goes on in the next batch
      lines += 1;
      characters += line.characters;
      distinct.add(line.hash, (line.more ^ line.characters) & 0x1fffff);
      if (line.characters > longest.characters) longest = { characters: line.characters, start: line.start };
    }
  }
  return {
    files: corpus.files.length,
    formats: Object.fromEntries(counted(corpus.files.map(({ format }) => format))),
    bytes: corpus.totalBytes,
    lines,
    characters,
    leftOut: leftOutOf(corpus, losses),
    duplicateLines: Math.max(0, lines - distinct.count),
    duplicatesExact: distinct.exact,
    longestLine: longest,
    scripts: scripts.counts(),
    sampled,
  };
}
