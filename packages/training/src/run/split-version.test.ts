import { expect, test } from "vitest";
import { SPLIT_VERSION } from "../corpus/split-plan.js";
import { assertSameRule } from "./split-version.js";

const of = (tokens: number) => ({
  documents: 1,
  tokens,
  bytes: tokens,
  asked: null,
  share: null,
  lost_bytes: 0,
  unknown_tokens: 0,
});

test("a run whose corpus was split by another rule is refused, unless it held nothing out or has no splits yet", () => {
  const splits = { train: of(9), validation: of(1), test: of(0) };
  const old = { run_id: "old", split_version: SPLIT_VERSION - 1, splits };
  expect(() => assertSameRule(old)).toThrow(/run old was begun when corpora were split by another rule .*by its path/);
  expect(() => assertSameRule({ ...old, split_version: SPLIT_VERSION })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: { ...splits, validation: of(0) } })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: null })).not.toThrow();
});
