import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { afterAll, expect, test } from "vitest";
import { shownPaths } from "./shown-paths.js";

const root = scratchPath("shown (paths)+");
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("paths are shown as requests name texts, and else from the home on, also where a link leads to the home", () => {
  mkdirSync(join(root, "data", "corpus"), { recursive: true });
  symlinkSync(join(root, "data"), join(root, "link"));
  const shown = shownPaths({ artifactsRoot: join(root, "artifacts"), dataRoot: join(root, "link") });
  for (const data of ["data", "link"].map((name) => join(root, name))) {
    expect(shown(`${data}/corpus/a/b.txt:3: not JSON; EACCES, open '${data}/corpus/c.txt'`)).toBe(
      "a/b.txt:3: not JSON; EACCES, open 'c.txt'",
    );
    expect(shown(`the file ${data}/corpus_cache/f.txt`)).toBe("the file corpus_cache/f.txt");
  }
  expect(shown(`"${root}/artifacts/models/r" is held`)).toBe('"models/r" is held');
});

test("paths elsewhere, and such as only end like the home's, stay", () => {
  const shown = shownPaths({ artifactsRoot: "/data", dataRoot: "/data" });
  for (const message of ["/mnt/data/corpus/a.txt is away", "see /etc/hosts", "a/data/b", "/database/c"])
    expect(shown(message)).toBe(message);
  expect(shown("/data/corpus/a.txt, /data/keys.json")).toBe("a.txt, keys.json");
});
