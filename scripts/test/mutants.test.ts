import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { inWorkspace, mutated, resultsOf, testsOf } from "../mutants/folder.js";
import { summary, survivor } from "../mutants/report.js";
import { Sample } from "../mutants/sample.js";

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

  test("is mutated with all that is below it, a file alone", () => {
    expect(mutated("packages/platform/src")).toBe("packages/platform/src/**/*.ts");
    expect(mutated("packages/platform/src/json.ts")).toBe("packages/platform/src/json.ts");
  });

  test("has its results in a file named after it, and after those that were mutated with it", () => {
    expect(resultsOf(["packages/a/src"], "1")).toBe("packages-a-src");
    expect(resultsOf(["packages/a/src/b.ts", "packages/a/src/c.ts"], "5")).toBe("packages-a-src-b.ts+c.ts-of-5");
  });

  test("has the tests that were chosen instead", () => {
    expect(testsOf("packages/a/src", ["packages/a/test", "packages/a/src/b.test.ts"])).toEqual([
      "packages/a/test/**/*.test.ts",
      "packages/a/src/b.test.ts",
    ]);
  });
});

let folder: string;
let fileName: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mutants-"));
  fileName = join(folder, "a.ts");
  await writeFile(fileName, "const less =\n  a <\n  b;\nf(a < b);\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const mutant = (
  status: string,
  replacement: string,
  [line, column, toLine, to]: [number, number, number, number] = [4, 3, 4, 8],
) => ({
  fileName,
  status,
  replacement,
  location: { start: { line, column }, end: { line: toLine, column: to } },
});

describe("a mutant", () => {
  test("that survived is named by its place and its change", () => {
    expect(survivor(mutant("Survived", "a <= b"))).toBe(`${fileName}:4:3  a < b  →  a <= b`);
  });

  test("of several lines is named in one, and that no test reaches it", () => {
    const line = survivor(mutant("NoCoverage", "a >= b", [2, 3, 3, 4]));
    expect(line).toBe(`${fileName}:2:3  a < b  →  a >= b  (reached by no test)`);
  });

  test("of a long change is shortened", () => {
    expect(survivor(mutant("Survived", "x".repeat(500)))).toMatch(/→ {2}x{79}…$/);
  });

  test.each(["Killed", "Timeout", "Ignored", "RuntimeError"])("that ended as %s is no survivor", (status) => {
    expect(survivor(mutant(status, "true"))).toBeNull();
  });
});

describe("a sample", () => {
  afterEach(() => void vi.unstubAllEnvs());

  test("is every n-th mutant: the others are not tried, nor counted, also where no test reaches them", async () => {
    vi.stubEnv("MUTANTS_SAMPLE", "3");
    const ids = ["1", "2", "3", "4", "5", "6"].map((id) => ({ id }));
    const found = Object.entries(await new Sample().check(ids)).flatMap(([id, { status }]) =>
      status === "passed" ? id : [],
    );
    expect(found).toEqual(["3", "6"]);
    const mutants = ids.map((id) => Object.assign(mutant("NoCoverage", "true"), id));
    expect(mutants.filter((one) => survivor(one) !== null).map(({ id }) => id)).toEqual(["3", "6"]);
    expect(summary({ files: { "a.ts": { mutants } } })).toBe("2 mutants: 0 killed (0.0 %), 2 survived");
  });
});

describe("the summary", () => {
  test("says how many were killed by running out of time, and counts static mutants apart", () => {
    const mutants = ["Survived", "Killed", "Killed", "Timeout", "NoCoverage", "Ignored"].map((one) => mutant(one, ""));
    expect(summary({ files: { "a.ts": { mutants } } })).toBe(
      "5 mutants: 3 killed (60.0 %), 1 of them by time, 2 survived; 1 static left out (--static)",
    );
  });

  test("of sources without anything to mutate has no share", () => {
    expect(summary({ files: {} })).toBe("0 mutants: 0 killed, 0 survived");
  });
});
