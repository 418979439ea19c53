import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { splitCount } from "../../test/split-count.js";
import { assertKnownRule, SPLIT_VERSION, splitVersionOf } from "./split-version.js";

test("a run whose corpus was split by another rule is refused, unless it held nothing out or has no splits yet", () => {
  const splits = { train: splitCount(9), validation: splitCount(1), test: splitCount(0) };
  const old = { run_id: "old", split_version: 1, splits };
  for (const [validation, tested] of [
    [1, 0],
    [0, 1],
    [5, 5],
    [5, 15],
  ] as const) {
    const held = { ...splits, validation: splitCount(validation), test: splitCount(tested) };
    expect(() => assertKnownRule({ ...old, splits: held })).toThrow(
      expect.objectContaining({
        code: "CONFLICT",
        failureClass: "USER_INPUT",
        message: matching(
          /^run old was begun when corpora were split by another rule .*on a text of its own by its path.*its weights/,
        ),
      }),
    );
  }
  expect(() => assertKnownRule({ ...old, split_version: SPLIT_VERSION })).not.toThrow();
  expect(() => assertKnownRule({ ...old, split_version: 2 })).not.toThrow();
  expect(() => assertKnownRule({ ...old, split_version: SPLIT_VERSION + 1 })).toThrow("another rule");
  expect(() => assertKnownRule({ ...old, splits: { ...splits, validation: splitCount(0) } })).not.toThrow();
  expect(() => assertKnownRule({ ...old, splits: null })).not.toThrow();
});

test("only where pairs of answers can be does the rule have a new version", () => {
  expect(([null, "text", "messages", "auto", "preference"] as const).map((format) => splitVersionOf(format))).toEqual([
    2, 2, 2, 3, 3,
  ]);
  expect([splitVersionOf("preference", 2), splitVersionOf("text", 3)]).toEqual([2, 2]);
});
