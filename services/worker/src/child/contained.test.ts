import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { contained, corpusFolder } from "./contained.js";

let root = "";
let folder = "";
beforeAll(() => {
  root = scratch("contained");
  folder = corpusFolder(root);
  mkdirSync(join(folder, "sub"), { recursive: true });
  mkdirSync(join(root, "corpus-of-another"));
  for (const path of ["corpus/a.txt", "corpus/sub/b.txt", "corpus/..c.txt", "corpus-of-another/d.txt", "secret.txt"])
    writeFileSync(join(root, path), path);
  symlinkSync(join(folder, "sub", "b.txt"), join(folder, "link.txt"));
  symlinkSync(join(root, "secret.txt"), join(folder, "way-out.txt"));
  symlinkSync(root, join(folder, "up"));
});
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ["a.txt", "a.txt"],
  ["sub", "sub"],
  ["sub/../a.txt", "a.txt"],
  ["./sub/b.txt", "sub/b.txt"],
  ["link.txt", "sub/b.txt"],
  ["..c.txt", "..c.txt"],
  ["up/corpus/a.txt", "a.txt"],
])("%s is the text at %s", async (path, real) => {
  expect(await contained(folder, path)).toBe(join(folder, real));
  expect(await contained(folder, join(folder, path))).toBe(join(folder, real)); // whole paths are taken too
});

test.each([
  ["a file beside the folder", "../secret.txt"],
  ["the folder above", ".."],
  ["the folder itself", "."],
  ["nothing", ""],
  ["a folder whose name begins alike", "../corpus-of-another/d.txt"],
  ["a link that leads out", "way-out.txt"],
  ["a way out through a link to a folder", "up/secret.txt"],
  ["a path of the system", "/etc/hostname"],
  ["what is not there", "none.txt"],
])("%s is no text of a request, and all such are answered alike", async (_what, path) => {
  await expect(contained(folder, path)).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
    failureClass: "USER_INPUT",
    message: `there is no text "${path}" below ${folder}: give its path from there, and put it there if it is not yet`,
  });
});
