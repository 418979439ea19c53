import { mkdir, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { finishRemovals, removeAside } from "./remove-aside.js";

test("what is removed is out of its place before it is gone; what has come to be needed is put back", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "run");
  await mkdir(path);
  await writeFile(join(path, "file"), "");
  const seen: string[][] = [];
  const keep = async () => {
    seen.push(await readdir(folder.path));
    return true;
  };
  expect(await removeAside(path, keep)).toBe(false);
  expect(seen).toEqual([[expect.stringMatching(/^\.removed-run-/)]]);
  await expect(removeAside(path, () => Promise.reject(new Error("unknown")))).rejects.toThrow("unknown");
  expect(await readdir(path)).toEqual(["file"]);
  expect(await removeAside(path)).toBe(true);
  expect(await readdir(folder.path)).toEqual([]);
});

test("a removal that was cut off is finished, unless it may still be under way", async () => {
  await using folder = await scratch();
  await mkdir(join(folder.path, "run"));
  await mkdir(join(folder.path, "other"));
  await rename(join(folder.path, "run"), join(folder.path, ".removed-run-1"));
  await finishRemovals(folder.path);
  expect((await readdir(folder.path)).toSorted()).toEqual([".removed-run-1", "other"]);
  await finishRemovals(folder.path, 0);
  expect(await readdir(folder.path)).toEqual(["other"]);
  await finishRemovals(join(folder.path, "none"));
  await symlink(join(folder.path, "nothing"), join(folder.path, ".removed-run-2")); // as one that has just gone
  await finishRemovals(folder.path, 0);
});
