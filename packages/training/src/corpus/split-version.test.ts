import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { SPLIT_VERSION } from "./split-plan.js";
import { splitCount } from "../../test/split-count.js";
import { assertSameRule } from "./split-version.js";

test("a run whose corpus was split by another rule is refused, unless it held nothing out or has no splits yet", () => {
  const splits = { train: splitCount(9), validation: splitCount(1), test: splitCount(0) };
  const old = { run_id: "old", split_version: SPLIT_VERSION - 1, splits };
  for (const [validation, tested] of [
    [1, 0],
    [0, 1],
    [5, 5],
    [5, 15],
  ] as const) {
    const held = { ...splits, validation: splitCount(validation), test: splitCount(tested) };
    expect(() => assertSameRule({ ...old, splits: held })).toThrow(
      expect.objectContaining({
        code: "CONFLICT",
        failureClass: "USER_INPUT",
        message: matching(
          /^run old was begun when corpora were split by another rule .*on a text of its own by its path.*its weights/,
        ),
      }),
    );
  }
  expect(() => assertSameRule({ ...old, split_version: SPLIT_VERSION })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: { ...splits, validation: splitCount(0) } })).not.toThrow();
  expect(() => assertSameRule({ ...old, splits: null })).not.toThrow();
});
