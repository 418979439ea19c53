import { openCorpus, type Corpus, type OpenOptions, type ReadOptions } from "../corpus/corpus.js";
import { planSplit, type SplitPlan } from "../corpus/split-plan.js";
import type { Home } from "../home/home.js";
import { corpusOptions } from "../options/corpus-options.js";
import type { RunOptions, TrainOptions } from "../options/options.js";

type Listening = Pick<OpenOptions, "signal" | "onLook">;

/** A run's corpus: opened once and planned once, by whatever needs it first. */
export class RunCorpus {
  #corpus: Corpus | null = null;
  #plan: SplitPlan | null = null;

  constructor(
    private readonly options: TrainOptions | RunOptions,
    private readonly home: Home,
  ) {}

  /** @throws CorpusError as `openCorpus` */
  async open(listening: Listening = {}): Promise<Corpus> {
    const { options, home } = this;
    return (this.#corpus ??= await openCorpus(options.corpus, { ...corpusOptions(options, home), ...listening }));
  }

  /** The plan of its splits; the pass that makes it hashes the files as well. */
  readonly plan = async (read: ReadOptions = {}): Promise<SplitPlan> =>
    (this.#plan ??= await planSplit(await this.open(), this.options, { ...read, hash: true }));

  /** The same as it is now: what was found out of files that have been written to since is found out again. */
  async current(listening: Listening): Promise<Corpus> {
    if ((await this.unchanged()) === null) this.#corpus = this.#plan = null;
    return await this.open(listening);
  }

  /** The corpus as it was opened; null where it was not, or a file of it has been written to since. */
  async unchanged(): Promise<Corpus | null> {
    try {
      await this.#corpus?.assertUnchanged();
      return this.#corpus;
    } catch {
      return null;
    }
  }
}
