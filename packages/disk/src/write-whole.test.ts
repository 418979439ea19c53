import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { copySynced } from "./copy.js";
import { makeFolder } from "./folder.js";
import { writeJsonSync } from "./write-whole-sync.js";
import { writeJson, writeText, writeWhole } from "./write-whole.js";

test("a file replaces the one before, and nothing is left beside it", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "file.json");
  await writeText(path, "before");
  await writeJson(path, { x: 1 });
  expect(await readFile(path, "utf8")).toBe('{\n  "x": 1\n}\n');
  expect(await readdir(folder.path)).toEqual(["file.json"]);
  const gone = join(folder.path, "gone");
  const missing = `ENOENT: no such file or directory, open '${gone}'`;
  await expect(writeText(join(gone, "file"), "")).rejects.toMatchObject({
    code: "ENOENT",
    path: gone,
    message: missing,
  });
  await expect(writeText(join(path, "file"), "")).rejects.toMatchObject({ code: "ENOTDIR", path: join(path, "file") });
});

test("a write that fails leaves what was there, and nothing beside it", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "file");
  await writeText(path, "before");
  const failing = writeWhole(path, async (file) => {
    await file.writeFile("half");
    throw new Error("no room");
  });
  await expect(failing).rejects.toThrow("no room");
  expect(await readFile(path, "utf8")).toBe("before");
  await mkdir(join(folder.path, "taken", "by"), { recursive: true });
  await expect(writeText(join(folder.path, "taken"), "x")).rejects.toThrow(/EISDIR|ENOTEMPTY/);
  expect((await readdir(folder.path)).toSorted()).toEqual(["file", "taken"]);
});

test("writers of one file do not disturb each other: one of them is there, whole", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "file");
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(100_000));
  await Promise.all(texts.map((text) => writeText(path, text)));
  expect(texts).toContain(await readFile(path, "utf8"));
  expect(await readdir(folder.path)).toEqual(["file"]);
});

test("a file for its owner's eyes is never anybody else's", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "keys");
  const modes = await writeWhole(path, async (file) => (await file.stat()).mode & 0o777, { mode: 0o600 });
  expect(modes).toBe(0o600);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a small file is written whole at once, or not at all", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "keys.json");
  writeJsonSync(path, { a: 1 }, { mode: 0o600 });
  writeJsonSync(path, { a: 2 }, { mode: 0o600 });
  expect(await readFile(path, "utf8")).toBe('{\n  "a": 2\n}\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await mkdir(join(folder.path, "taken", "by"), { recursive: true });
  expect(() => writeJsonSync(join(folder.path, "taken"), {})).toThrow(/EISDIR|ENOTEMPTY/);
  expect((await readdir(folder.path)).toSorted()).toEqual(["keys.json", "taken"]);
});

test("what is written gives what its writer gives, and is written where it is asked to be until it is whole", async () => {
  await using folder = await scratch();
  const temporary = join(folder.path, "elsewhere");
  const write = async () => (await readdir(folder.path)).join();
  expect(await writeWhole(join(folder.path, "file"), write, { temporary })).toBe("elsewhere");
  expect(await readdir(folder.path)).toEqual(["file"]);
});

test("folders are made down to the last; of those that are there nothing changes", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "a", "b", "c");
  await makeFolder(path);
  await writeFile(join(path, "kept"), "");
  await makeFolder(path);
  expect(await readdir(path)).toEqual(["kept"]);
});

test("what is in a folder's way is said", async () => {
  await using folder = await scratch();
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(file, "below", "it"))).rejects.toThrow("ENOTDIR");
});

test.runIf(process.platform === "linux")("where a folder that is there takes no other, it is not tried for ever", () =>
  expect(makeFolder("/proc/none/such")).rejects.toThrow("ENOENT"),
);

test("a copy holds what the file holds", async () => {
  await using folder = await scratch();
  await writeFile(join(folder.path, "a"), "text");
  await copySynced(join(folder.path, "a"), join(folder.path, "b"));
  expect(await readFile(join(folder.path, "b"), "utf8")).toBe("text");
});
