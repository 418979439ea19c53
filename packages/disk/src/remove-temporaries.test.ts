import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { removeTemporaries } from "./remove-temporaries.js";
import { temporaryName } from "./write-whole.js";

test("what killed writers left is removed after a day, in all folders, and nothing else is", async () => {
  await using folder = await scratch();
  const below = join(folder.path, "below");
  await mkdir(below);
  const leave = async (path: string, hours: number) => {
    await writeFile(path, "half");
    const then = new Date(Date.now() - hours * 3_600_000);
    await utimes(path, then, then);
    return basename(path);
  };
  await leave(temporaryName(join(folder.path, "a.json")), 25);
  await leave(temporaryName(join(below, "b.json")), 25);
  const stays = [
    await leave(temporaryName(join(below, "c.json")), 23),
    await leave(join(below, "notes.tmp"), 25),
    await leave(join(below, `${basename(temporaryName("d.json"))}.txt`), 25),
  ];
  const gone = temporaryName(join(below, "e.json"));
  await symlink(join(below, "none"), gone); // as one that goes meanwhile
  await removeTemporaries(folder.path);
  expect(await readdir(folder.path)).toEqual(["below"]);
  expect((await readdir(below)).toSorted()).toEqual([...stays, basename(gone)].toSorted());
  await removeTemporaries(join(folder.path, "none"));
});
