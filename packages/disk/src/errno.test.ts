import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { errnoOf, isErrno, unlessAbsent } from "./errno.js";
import { entriesIn, isFile, isFolder, namesIn } from "./is-there.js";

test("a file is told from a folder, and both from nothing; links are followed", async () => {
  await using folder = await scratch();
  const path = (name: string) => join(folder.path, name);
  await writeFile(path("file"), "");
  await symlink(path("file"), path("link"));
  await symlink(path("none"), path("broken"));
  expect(await Promise.all(["file", "link", "broken", "none", "file/below"].map((name) => isFile(path(name))))).toEqual(
    [true, true, false, false, false],
  );
  expect(await Promise.all([".", "file", "none"].map((name) => isFolder(path(name))))).toEqual([true, false, false]);
});

test("a name that no file can have is that of no file", async () => {
  await using folder = await scratch();
  const loop = join(folder.path, "loop");
  await symlink(loop, loop);
  expect(await isFile(loop)).toBe(false);
  expect(await isFile("a\0b")).toBe(false);
  expect(await isFolder("x".repeat(5000))).toBe(false);
});

test("what cannot be looked at is not called absent", async () => {
  await using folder = await scratch();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await expect(namesIn(file)).rejects.toThrow("ENOTDIR");
  await expect(entriesIn(file)).rejects.toThrow("ENOTDIR");
  await expect(unlessAbsent(readFile(folder.path))).rejects.toThrow("EISDIR");
});

test("a folder that is not there holds nothing", async () => {
  await using folder = await scratch();
  await mkdir(join(folder.path, "a"));
  expect(await namesIn(folder.path)).toEqual(["a"]);
  expect((await entriesIn(folder.path)).map((entry) => entry.isDirectory())).toEqual([true]);
  expect(await namesIn(join(folder.path, "none"))).toEqual([]);
  expect(await entriesIn(join(folder.path, "none"))).toEqual([]);
});

test("only errors of the system have a code", () => {
  expect(errnoOf(Object.assign(new Error("full"), { code: "ENOSPC" }))).toBe("ENOSPC");
  expect(isErrno(Object.assign(new Error("full"), { code: "ENOSPC" }), "EDQUOT", "ENOSPC")).toBe(true);
  for (const other of [new Error("plain"), Object.assign(new Error("numbered"), { code: 5 }), "text", null]) {
    expect(errnoOf(other)).toBe("");
  }
});
