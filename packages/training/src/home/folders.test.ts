import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesIn, idsIn, isFile, isFolder } from "./folders.js";
import { temporaryFolder } from "./temporary-folder.js";
import { writeWhole } from "./write-whole.js";

test("a file is no folder and a folder no file", async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, "a.txt");
  await writeFile(file, "a");
  expect([await isFile(file), await isFolder(file)]).toEqual([true, false]);
  expect([await isFile(temporary.path), await isFolder(temporary.path)]).toEqual([false, true]);
  expect([await isFile(join(file, "b")), await isFolder(join(file, "b"))]).toEqual([false, false]);
});

test("ids are the plainly named folders, sorted", async () => {
  await using temporary = await temporaryFolder();
  for (const name of ["b", "a", ".removed-c", "with space"]) await mkdir(join(temporary.path, name));
  await writeFile(join(temporary.path, "file"), "");
  expect(await idsIn(temporary.path)).toEqual(["a", "b"]);
  expect(await idsIn(join(temporary.path, "absent"))).toEqual([]);
});

test("the bytes of a folder are those of all files below it", async () => {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, "a", "b"), { recursive: true });
  await writeFile(join(temporary.path, "x"), "12345");
  await writeFile(join(temporary.path, "a", "b", "y"), "123");
  await symlink(temporary.path, join(temporary.path, "circle"));
  expect(await bytesIn(temporary.path)).toBe(8);
  expect(await bytesIn(join(temporary.path, "absent"))).toBe(0);
});

// Such a name comes out of a listing as another, which is not there: as a file that was removed meanwhile.
test.runIf(process.platform === "linux")("a file that is listed but not there counts nothing", async () => {
  await using temporary = await temporaryFolder();
  await writeFile(Buffer.from([...Buffer.from(`${temporary.path}/`), 0xff]), "12345");
  await writeFile(join(temporary.path, "x"), "123");
  expect(await bytesIn(temporary.path)).toBe(3);
});

test("a file is written whole with its folder, and replaced whole", async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, "eval", "metrics.json");
  await writeWhole(path, "one");
  await writeWhole(path, "two");
  expect(await readdir(join(temporary.path, "eval"))).toEqual(["metrics.json"]);
});

test("a file that cannot be put in its place leaves nothing behind", async () => {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, "taken"));
  await expect(writeWhole(join(temporary.path, "taken"), "text")).rejects.toThrow(/EISDIR|directory/);
  expect(await readdir(temporary.path)).toEqual(["taken"]);
});
