import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { expressionsIn } from "../expressions/in-sources.js";
import { at } from "../paths.js";

test("the regular expressions of the sources are found, with where they stand", () => {
  const found = expressionsIn(["packages"]);
  const path = at("packages/platform/src/json.ts");
  const lines = readFileSync(path, "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("/-?Infinity|NaN/g")) + 1;
  expect(found).toContainEqual({ source: "-?Infinity|NaN", flags: "g", path, line });
  expect(found.filter((each) => each.path.includes(".test."))).toEqual([]);
});
