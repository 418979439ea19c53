import type { JobState, RunSort } from "@trainer/platform";
import type { CallOptions } from "./requests.js";

export interface ListOptions extends CallOptions {
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string | null;
  readonly status?: JobState;
}

/** A page of a tokenizer's tokens. */
export interface VocabularyOptions extends CallOptions {
  /** What is searched for in texts and ids. */
  readonly q?: string;
  /** How many of the found tokens are passed over. */
  readonly offset?: number;
  readonly limit?: number;
}

/** A page of all runs of the home, those that were trained without the service too. */
export interface CatalogueOptions extends CallOptions {
  readonly offset?: number;
  readonly limit?: number;
  readonly sort?: RunSort;
  readonly order?: "asc" | "desc";
  /** Words that are all in a run's id, model, corpus or tags. */
  readonly q?: string;
  readonly status?: JobState;
  readonly family?: string;
  readonly tag?: string;
}
