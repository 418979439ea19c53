import { describe, expect, test } from "vitest";
import { inWorkspace, testsOf } from "../mutants/folder.js";
import { summary } from "../mutants/report.js";

describe("the folder to mutate", () => {
  test("is named from the root of the checkout, however it was typed", () => {
    expect(inWorkspace("packages/platform/src/")).toBe("packages/platform/src");
    expect(inWorkspace("./packages/../packages/platform/src/json.ts")).toBe("packages/platform/src/json.ts");
  });

  test.each(["docs", ".", "packages", ".."])("%j, outside of every workspace, is refused", (folder) => {
    expect(() => inWorkspace(folder)).toThrow(`${folder} is in none of packages/, services/ and apps/`);
  });

  test("that is not there is refused", () => {
    expect(() => inWorkspace("packages/nothing")).toThrow("There is no packages/nothing");
  });

  test.each([
    ["packages/platform/src", "packages/platform/**/*.test.ts"],
    ["packages/platform/src/json.ts", "packages/platform/src/**/*.test.ts"],
    ["packages/training/src/bins", "packages/training/src/bins/**/*.test.ts"],
    ["services/worker", "services/worker/**/*.test.ts"],
  ])("%s has its nearest tests: %s", (folder, tests) => {
    expect(testsOf(folder)).toEqual([tests]);
  });

  test("has the tests that were chosen instead", () => {
    expect(testsOf("packages/a/src", ["packages/a/test", "packages/a/src/b.test.ts"])).toEqual([
      "packages/a/test/**/*.test.ts",
      "packages/a/src/b.test.ts",
    ]);
  });
});

const source = "const less =\n  a <\n  b;\nf(a < b);\n";
const mutant = (status: string, line: number, start: number, end: number, replacement?: string) => ({
  status,
  location: { start: { line, column: start }, end: { line, column: end } },
  ...(replacement === undefined ? {} : { replacement }),
});
const report = (...mutants: object[]) => JSON.stringify({ files: { "src/a.ts": { source, mutants } } });

describe("a report", () => {
  test("names what survived by its place and its change, in the order of the lines, and counts the rest", () => {
    const text = report(
      mutant("Survived", 4, 3, 8, "a <= b"),
      mutant("Killed", 4, 3, 8, "a >= b"),
      mutant("Timeout", 4, 3, 8, "true"),
      {
        ...mutant("NoCoverage", 2, 3, 3, "a >= b"),
        location: { start: { line: 2, column: 3 }, end: { line: 3, column: 4 } },
      },
      mutant("Ignored", 1, 1, 2, ""),
    );
    expect(summary(text).split("\n")).toEqual([
      "src/a.ts:2:3  a < b  →  a >= b  (reached by no test)",
      "src/a.ts:4:3  a < b  →  a <= b",
      "4 mutants: 2 killed (50.0 %), 2 survived; 1 static ones were left out (--static)",
    ]);
  });

  test("of sources without anything to mutate has no share", () => {
    expect(summary(report())).toBe("0 mutants: 0 killed, 0 survived");
  });

  test("shortens a long change to one line", () => {
    const [line = ""] = summary(report(mutant("Survived", 4, 1, 9, "x".repeat(500)))).split("\n");
    expect(line.length).toBeLessThan(200);
    expect(line).toContain("…");
  });
});
