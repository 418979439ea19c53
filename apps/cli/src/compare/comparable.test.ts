import { expect, test } from "vitest";
import { cautions, comparable } from "./comparable.js";

const splits = (lost: number | null) => {
  const of = { documents: 1, tokens: 9, bytes: 9, asked: 0.1, share: 0.1, lost_bytes: lost, unknown_tokens: 0 };
  return { train: of, validation: of, test: of };
};
const config = { seed: 1, document: "line", test_split_ratio: 0.1, eval_tokens: 0 };
const one = { run_id: "one", corpus_sha256: "c", tokenizer_sha256: "t", split_version: 2, steps: 9, tokens_seen: 99 };
type Run = Parameters<typeof comparable>[0][number];
const run = (changes: Partial<Run> = {}): Run => ({ ...one, config, splits: splits(0), ...changes });

test("runs of one corpus, split and tokenizer compare in everything, and nothing is said", () => {
  const all = comparable([run(), run({ run_id: "two" })]);
  expect(all).toEqual({ sameText: true, sameTokens: true, sameWork: true, losing: [] });
  expect(cautions(all)).toEqual([]);
});

test.each<[string, Partial<Run>]>([
  ["corpus", { corpus_sha256: "d" }],
  ["rule of splitting", { split_version: 1 }],
  ["seed", { config: { ...config, seed: 77 } }],
  ["test fraction", { config: { ...config, test_split_ratio: 0.31 } }],
  ["cut", { config: { ...config, document: "paragraph" } }],
  ["sample", { config: { ...config, eval_tokens: 12 } }],
])("runs of another %s were not tested on the same text", (_, changes) => {
  const all = comparable([run(), run(changes)]);
  expect([all.sameText, all.sameTokens]).toEqual([false, false]);
  expect(cautions(all)).toEqual([expect.stringContaining("not tested on the same text")]);
});

test("runs that have not read their corpus yet do not compare", () => {
  expect(comparable([run({ corpus_sha256: null }), run({ corpus_sha256: null })]).sameText).toBe(false);
});

test("other tokens leave bits per byte, unless one of the tokenizers loses text", () => {
  const tokens = comparable([run(), run({ tokenizer_sha256: "u", splits: null })]);
  expect(tokens).toMatchObject({ sameText: true, sameTokens: false, losing: [] });
  expect(cautions(tokens)).toEqual([expect.stringContaining("bits per byte compare")]);
  const losing = comparable([run(), run({ run_id: "loser", tokenizer_sha256: "u", splits: splits(3) })]);
  expect(losing.losing).toEqual(["loser"]);
  expect(cautions(losing)[1]).toContain("The tokens of loser lose a part of the text");
});

test("a shorter run's shorter time is no better", () => {
  expect(comparable([run(), run({ steps: 1 })]).sameWork).toBe(false);
});
