import { expect, test } from "vitest";
import { SPLIT_VERSION } from "../corpus/split-plan.js";
import { splitCount } from "../../test/split-count.js";
import { assertSameRule } from "./split-version.js";

test("a run whose corpus was split by another rule is refused, unless it held nothing out or has no splits yet", () => {
  const splits = { train: splitCount(9), validation: splitCount(1), test: splitCount(0) };
  const old = { run_id: "old", split_version: SPLIT_VERSION - 1, splits };
  expect(() => assertSameRule(old)).toThrow(/run old was begun when corpora were split by another rule .*by its path/);
  expect(() => assertSameRule({ ...old, split_version: SPLIT_VERSION })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: { ...splits, validation: splitCount(0) } })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: null })).not.toThrow();
});
