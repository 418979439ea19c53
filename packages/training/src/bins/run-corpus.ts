import { resolve } from "node:path";
import { at } from "@trainer/disk";
import { openCorpus, type Corpus, type OpenOptions, type ReadOptions } from "../corpus/corpus.js";
import { CorpusError } from "../corpus/corpus-error.js";
import { joinCorpora } from "../corpus/join-corpora.js";
import { planSources, type SourcePlans } from "../corpus/plan-sources.js";
import { sourceNames } from "../corpus/source-names.js";
import { planSplit, type SplitPlan } from "../corpus/split-plan.js";
import type { Home } from "../home/home.js";
import { corpusOptions } from "../options/corpus-options.js";
import type { RunOptions, TrainOptions } from "../options/options.js";

/** Texts of a mix. */
export interface SplitWith {
  /** Their hashes, in the order that decides. */
  readonly texts: readonly string[];
  /** Where the text at hand stands among them; left out where that decides nothing. */
  readonly place?: number;
  /** Of all of them, in the order of their names. */
  readonly files: Corpus["files"];
}

type Listening = Pick<OpenOptions, "signal" | "onLook">;

/** A text of a run that becomes bins of its own: one of those that are mixed, or all of it. */
export interface SourceText {
  readonly corpus: Corpus;
  /** Gives the plan of its splits. */
  readonly plan: (read: ReadOptions) => Promise<SplitPlan>;
  /** Texts that decided it together; null: it did alone. */
  readonly splitWith: SplitWith | null;
}

interface Opened {
  readonly whole: Corpus;
  /** Each by itself where they are mixed; else the whole. */
  readonly sources: readonly Corpus[];
}

/** A run's corpus: opened once and planned once, by whatever needs it first. */
export class RunCorpus {
  #opened: Opened | null = null;
  #plans: SourcePlans | null = null;

  constructor(
    private readonly options: TrainOptions | RunOptions,
    private readonly home: Home,
  ) {}

  /** All of it. @throws CorpusError as `openCorpus` */
  async open(listening: Listening = {}): Promise<Corpus> {
    return (this.#opened ??= await this.#open(listening)).whole;
  }

  /** The plan of its splits; the pass that makes it hashes the files as well. */
  readonly plan = async (read: ReadOptions = {}): Promise<SplitPlan> => (await this.#plan(read)).whole;

  /** The texts that become bins: those that are mixed in the order of their weights, or all of it. */
  async sources(read: ReadOptions = {}): Promise<SourceText[]> {
    const corpora = await this.#sources();
    const isMixed = corpora.length > 1;
    const heedsOrder = this.options.dedup !== "none"; // the first of copies stays
    const inTheirOrder = isMixed ? await inOrder(corpora, read) : [];
    const decided = heedsOrder ? inTheirOrder.toSorted((a, b) => a.i - b.i) : inTheirOrder;
    const texts = decided.map(({ sha256 }) => sha256);
    const { files } = joinCorpora(corpora);
    return corpora.map((corpus, i) => ({
      corpus,
      plan: async (reading) => at((await this.#plan(reading)).sources, i),
      splitWith: isMixed ? { texts, ...(heedsOrder ? { place: i } : {}), files } : null,
    }));
  }

  /** The same as it is now: what was found out of files that have been written to since is found out again. */
  async current(listening: Listening): Promise<Corpus> {
    if ((await this.unchanged()) === null) {
      this.#opened = null;
      this.#plans = null;
    }
    return await this.open(listening);
  }

  /** The corpus as it was opened; null where it was not, or a file of it has been written to since. */
  async unchanged(): Promise<Corpus | null> {
    try {
      await this.#opened?.whole.assertUnchanged();
      return this.#opened?.whole ?? null;
    } catch {
      return null;
    }
  }

  async #open(listening: Listening): Promise<Opened> {
    const { corpus: paths, corpusWeights } = this.options;
    const options = { ...corpusOptions(this.options, this.home), ...listening };
    if (corpusWeights === null) {
      const whole = await openCorpus(paths, options);
      return { whole, sources: [whole] };
    }
    const sources: Corpus[] = [];
    for (const path of paths) sources.push(await openCorpus(path, options));
    refuseShared(paths, sources);
    return { whole: joinCorpora(sources), sources };
  }

  async #sources(): Promise<readonly Corpus[]> {
    return (this.#opened ??= await this.#open({})).sources;
  }

  async #plan(read: ReadOptions): Promise<SourcePlans> {
    return (this.#plans ??= await this.#planned({ ...read, hash: true }));
  }

  async #planned(read: Parameters<Corpus["documents"]>[0]): Promise<SourcePlans> {
    const corpora = await this.#sources();
    if (corpora.length === 1) {
      const whole = await planSplit(at(corpora, 0), this.options, read);
      return { whole, sources: [whole] };
    }
    const names = sourceNames(this.options.corpus);
    const named = corpora.map((corpus, i) => ({ name: at(names, i), corpus }));
    // Sizes alone would do but for texts of one size, whose order their hashes decide.
    const order = async () => (await inOrder(corpora, {})).map(({ i }) => i);
    return await planSources(named, order, this.options, read);
  }
}

/** The texts from the smallest on, however they are named: a large one easily goes by what a small one has decided. */
async function inOrder(corpora: readonly Corpus[], read: ReadOptions): Promise<{ i: number; sha256: string }[]> {
  const known: { i: number; bytes: number; sha256: string }[] = [];
  for (const [i, corpus] of corpora.entries())
    known.push({ i, bytes: corpus.totalBytes, sha256: await corpus.sha256(read) });
  const keyOf = ({ bytes, sha256 }: { bytes: number; sha256: string }) =>
    `${String(bytes).padStart(16, "0")} ${sha256}`;
  return known.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b), "en"));
}

/** @throws CorpusError INVALID_INPUT for a file of several texts: it would have two weights */
function refuseShared(paths: readonly string[], corpora: readonly Corpus[]): void {
  const homes = new Map<string, string>();
  for (const [i, { files }] of corpora.entries()) {
    for (const path of new Set(files.map((file) => resolve(file.path)))) {
      const other = homes.get(path);
      if (other !== undefined) {
        const message = `${path} is in two of the weighted texts, ${other} and ${at(paths, i)}: name it in one of them`;
        throw new CorpusError("INVALID_INPUT", message);
      }
      homes.set(path, at(paths, i));
    }
  }
}
