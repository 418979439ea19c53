import { amount, count, type Amount } from "../amount.js";
import type { DocumentPlace } from "../dedup/document-places.js";
import type { ShownDocument } from "../dedup/deduplicate.js";
import type { Verdict } from "./document-judge.js";
import type { Mask } from "./masks.js";

/** Documents that went by one rule. */
export interface Removed extends Readonly<Amount> {
  readonly rule: string;
  readonly measure: Verdict["measure"];
  /** The first ones, with what they have. */
  readonly examples: readonly { readonly value: number; readonly document: ShownDocument }[];
}

/** Personal data of one kind in the documents that stayed. */
export interface Masked {
  readonly kind: Mask;
  readonly count: number;
  readonly documents: number;
  /** The first ones, as they were written. */
  readonly examples: readonly (DocumentPlace & { readonly written: string })[];
}

/** Examples of a kind that are shown. */
const SHOWN = 3;

/** Counts what goes from a corpus, by the rule, and keeps the first ones of each. */
export class RemovedTally {
  readonly #rules = new Map<
    string,
    Amount & Pick<Removed, "rule" | "measure"> & { readonly examples: Removed["examples"][number][] }
  >();

  add({ rule, measure, value }: Verdict, bytes: number, shown: () => ShownDocument): void {
    const known = this.#rules.get(rule) ?? { rule, measure, ...amount(), examples: [] };
    this.#rules.set(rule, known);
    count(known, bytes);
    if (known.examples.length < SHOWN) known.examples.push({ value, document: shown() });
  }

  /** The most documents first. */
  result(): Removed[] {
    return [...this.#rules.values()].toSorted((a, b) => b.documents - a.documents);
  }
}

/** Counts the personal data of one kind, document by document. */
export class MaskedTally {
  #count = 0;
  #documents = 0;
  readonly #examples: Masked["examples"][number][] = [];
  #found = 0; // in the document at hand
  #first: string[] = [];

  constructor(private readonly kind: Mask) {}

  add(written: string): void {
    this.#found += 1;
    if (this.#first.length < SHOWN) this.#first.push(written);
  }

  /** The document at hand is whole. */
  end(stays: boolean, place: () => DocumentPlace): void {
    if (stays && this.#found > 0) {
      this.#count += this.#found;
      this.#documents += 1;
      for (const written of this.#first.slice(0, SHOWN - this.#examples.length)) {
        this.#examples.push({ ...place(), written });
      }
    }
    this.#found = 0;
    this.#first = [];
  }

  result(): Masked {
    return { kind: this.kind, count: this.#count, documents: this.#documents, examples: this.#examples };
  }
}
