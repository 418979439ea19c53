import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("every test that the page about numbers names is there", () => {
  const page = readFileSync("docs/numbers.md", "utf8");
  const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path]) => String(path));
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});
