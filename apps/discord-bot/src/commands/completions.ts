import { TrainOptions } from "@trainer/options";
import type { TrainerClient } from "@trainer/client";
import type { RecentCorpora } from "../store/recent-corpora.js";
import { fit, LIMIT } from "../text/fit.js";

const { modelFamily } = TrainOptions.shape;

const MOST = 25;
const KEPT_MS = 10_000;

export interface Typed {
  /** The option, and its text so far. */
  readonly name: string;
  readonly value: string;
  readonly user: bigint;
  /** Value of the option `model_family`. */
  readonly family: string | null;
}

export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** Completions of options, from the API and cached for a moment: a person types faster than the world changes. */
export class Completions {
  readonly #api: TrainerClient;
  readonly #corpora: RecentCorpora;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly answer: Promise<readonly Choice[]> }>();

  constructor(api: TrainerClient, corpora: RecentCorpora, now: () => number) {
    this.#api = api;
    this.#corpora = corpora;
    this.#now = now;
  }

  /** At most 25, those that begin with the typed text first. */
  async complete({ name, value, user, family }: Typed): Promise<Choice[]> {
    const all = await this.#values(name, user, family);
    const typed = value.toLowerCase();
    const matching = all.filter((each) => each.value.length <= LIMIT.choice && each.name.toLowerCase().includes(typed));
    const begins = (each: Choice) => Number(each.value.toLowerCase().startsWith(typed));
    return matching.sort((a, b) => begins(b) - begins(a)).slice(0, MOST);
  }

  #values(name: string, user: bigint, family: string | null): Promise<readonly Choice[]> {
    switch (name) {
      case "model_family":
        return this.#keep("families", async () => (await this.#families()).map((each) => choice(each.name)));
      case "model_size":
        return this.#keep(`sizes ${family}`, async () => {
          const families = await this.#families();
          const chosen = families.find((each) => each.name === (family ?? modelFamily.def.defaultValue));
          return (chosen?.sizes ?? []).map((size) => choice(size));
        });
      case "optimizer":
        return this.#keep("optimizers", async () =>
          (await this.#api.capabilities()).optimizers.map((name) => choice(name)),
        );
      case "tokenizer_id":
        return this.#keep("tokenizers", async () => {
          const { tokenizers } = await this.#api.tokenizers();
          return tokenizers.map((each) => choice(each.tokenizer_id, each.status));
        });
      case "run_id":
      case "pretrained_run_id":
        return this.#keep("runs", async () => {
          const { runs } = await this.#api.runs({ limit: 100 });
          return runs.map((each) => choice(each.run_id, each.status));
        });
      default: // corpora: those this user trained on before; the others are nobody else's business
        return this.#corpora.list(user).then((corpora) => corpora.map((corpus) => choice(corpus)));
    }
  }

  #families = async () => (await this.#api.capabilities()).model_families;

  #keep(what: string, ask: () => Promise<readonly Choice[]>): Promise<readonly Choice[]> {
    const kept = this.#kept.get(what);
    if (kept !== undefined && this.#now() - kept.at < KEPT_MS) return kept.answer;
    const answer = ask();
    this.#kept.set(what, { at: this.#now(), answer });
    answer.catch(() => this.#kept.delete(what)); // not cached: fetched again the next time
    return answer;
  }
}

const choice = (value: string, note?: string): Choice => ({
  name: fit(note === undefined ? value : `${value} (${note})`, LIMIT.choice),
  value,
});
