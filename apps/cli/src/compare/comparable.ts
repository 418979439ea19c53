import type { RunManifest } from "@trainer/training";

/** Figures that can be compared between several runs. */
export interface Comparable {
  /** They held out the same text, as far as their manifests say. */
  readonly sameText: boolean;
  /** And cut it into the same tokens. */
  readonly sameTokens: boolean;
  /** They took as many steps over as many tokens. */
  readonly sameWork: boolean;
  /** Those whose tokens lose a part of the held-out text. */
  readonly losing: readonly string[];
}

type Run = Pick<
  RunManifest,
  "run_id" | "corpus_sha256" | "tokenizer_sha256" | "split_version" | "splits" | "steps" | "tokens_seen" | "config"
>;

/** The settings that decide which text a run holds out, and how much of it is evaluated. */
const heldOut = ({ corpus_sha256, split_version, config }: Run) =>
  corpus_sha256 === null
    ? null
    : [
        corpus_sha256,
        split_version,
        ...["document", "document_separator", "holdout_fraction", "test_split_ratio", "seed", "eval_tokens"].map(
          (name) => config[name] ?? null,
        ),
        config["format"] ?? "text",
        config["dedup"] ?? "none",
      ];

export function comparable(runs: readonly Run[]): Comparable {
  const same = (of: (run: Run) => unknown) => new Set(runs.map((run) => JSON.stringify(of(run)))).size === 1;
  const sameText = same(heldOut) && runs.every(({ corpus_sha256: hash }) => hash !== null);
  return {
    sameText,
    sameTokens: sameText && same(({ tokenizer_sha256: hash, config }) => [hash, config["special_tokens"] ?? false]),
    sameWork: same(({ steps, tokens_seen: tokens }) => [steps, tokens]),
    losing: runs.filter(({ splits }) => lost(splits) > 0).map(({ run_id: id }) => id),
  };
}

const lost = (splits: RunManifest["splits"]): number =>
  splits === null ? 0 : Number(splits.validation.lost_bytes) + Number(splits.test.lost_bytes);

/** Cautions for reading the numbers side by side. */
export function cautions({ sameText, sameTokens, losing }: Comparable): string[] {
  return [
    ...(sameText
      ? []
      : [
          "They were not tested on the same text (another corpus, cut, split, seed or sample): no number says which is better.",
        ]),
    ...(sameText && !sameTokens
      ? ["Their tokenizers differ, and so do their tokens: bits per byte compare, losses and perplexities do not."]
      : []),
    ...(losing.length === 0
      ? []
      : [
          `The tokens of ${losing.join(", ")} lose a part of the text: by their losses they look better than they are.`,
        ]),
  ];
}
