import { optionFacts, type OptionFacts } from "@trainer/options";
import { CleanupRequest, type cleanupKinds } from "@trainer/platform/browser";
import { z } from "zod";

export type CleanupKind = (typeof cleanupKinds)[number];

/** A limit of a cleanup, as a form asks for it. */
export interface Limit {
  readonly name: "bins_max_unused_days" | "bins_max_bytes" | "corpus_cache_max_bytes" | "tokenizers_min_unused_days";
  readonly title: string;
  readonly facts: OptionFacts;
  /** Of the request's unit in that of the form. */
  readonly scale: number;
}

const GIB = 2 ** 30;
const preset = CleanupRequest.parse({});
const limit = (name: Limit["name"], title: string, description: string): Limit => {
  const scale = name.endsWith("_bytes") ? GIB : 1;
  const schema = z
    .number()
    .min(0)
    .default(preset[name] / scale)
    .meta({ description });
  return { name, title, facts: optionFacts(schema), scale };
};

/** What can be cleaned up, and by which limits. */
export const parts: readonly {
  readonly kind: CleanupKind;
  readonly title: string;
  readonly limits: readonly Limit[];
}[] = [
  {
    kind: "bins",
    title: "Prepared texts",
    limits: [
      limit(
        "bins_max_unused_days",
        "Days unused",
        "Texts cut into tokens that no run has read for longer go. A run that needs one makes it again.",
      ),
      limit("bins_max_bytes", "GiB in all", "Where they take more, those unused the longest go too."),
    ],
  },
  {
    kind: "corpus_cache",
    title: "Fetched texts",
    limits: [
      limit(
        "corpus_cache_max_bytes",
        "GiB in all",
        "Where copies from the file service take more, or the disk is nearly full, those unread the longest go. They are fetched again.",
      ),
    ],
  },
  {
    kind: "tokenizers",
    title: "Tokenizers without a run",
    limits: [
      limit(
        "tokenizers_min_unused_days",
        "Days old",
        "Tokenizers that no run was trained with go once they are older. These are not made again by themselves.",
      ),
    ],
  },
];

/** Those that cost nothing but time to have again. */
export const AT_FIRST: readonly CleanupKind[] = ["bins", "corpus_cache"];

/** What was written, by a limit's name; what is left out or blank stands for its default. */
export type Texts = Readonly<Record<string, string | undefined>>;

/** What is wrong with a limit. */
export function refusalOf(text: string): string | undefined {
  return text === "" || /^\d{1,9}([.,]\d+)?$/.test(text.trim()) ? undefined : "must be a number from 0";
}

/** The request for these kinds. Call when nothing is refused. */
export function requestOf(kinds: ReadonlySet<CleanupKind>, texts: Texts): CleanupRequest {
  const limits = parts.flatMap((part) => part.limits);
  const set = limits.flatMap(({ name, scale }) => {
    const text = texts[name]?.trim().replace(",", ".") ?? "";
    if (text === "") return [];
    const value = Number(text) * scale;
    return [[name, scale === 1 ? value : Math.round(value)] as const];
  });
  return CleanupRequest.parse({ kinds: [...kinds], ...Object.fromEntries(set) });
}
