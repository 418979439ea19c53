import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { folderBeside, placeFolder } from "./place-folder.js";

const uuid = "01234567-89ab-cdef-0123-456789abcdef";

async function filled(parent: string, content: string): Promise<string> {
  const folder = await folderBeside(parent);
  await writeFile(join(folder, "a"), content);
  return folder;
}

const valid = (answer: boolean) => () => Promise.resolve(answer);

test("a finished folder comes to its place whole, and leaves nothing beside it", async () => {
  await using parent = await temporaryFolder();
  const cache = join(parent.path, "x", "y");
  await placeFolder(await filled(cache, "one"), join(cache, "key"), valid(false));
  expect(await readdir(cache)).toEqual(["key"]);
  expect(await readFile(join(cache, "key", "a"), "utf8")).toBe("one");
});

test("of two that make the same folder the quicker one's stays if it is valid", async () => {
  await using parent = await temporaryFolder();
  const to = join(parent.path, "key");
  const [first, second] = [await filled(parent.path, "one"), await filled(parent.path, "two")];
  await placeFolder(first, to, valid(true));
  await placeFolder(second, to, valid(true));
  expect(await readdir(parent.path)).toEqual(["key"]);
  expect(await readFile(join(to, "a"), "utf8")).toBe("one");
});

test("a folder that is not valid gives way", async () => {
  await using parent = await temporaryFolder();
  const to = join(parent.path, "key");
  await placeFolder(await filled(parent.path, "bad"), to, valid(true));
  await placeFolder(await filled(parent.path, "good"), to, valid(false));
  expect(await readdir(parent.path)).toEqual(["key"]);
  expect(await readFile(join(to, "a"), "utf8")).toBe("good");
});

test("what else goes wrong with the move is said", async () => {
  await using parent = await temporaryFolder();
  const from = await filled(parent.path, "one");
  await expect(placeFolder(from, join(parent.path, "none", "key"), valid(true))).rejects.toThrow(/ENOENT/);
});

test("what a dead process left is removed, what a living or a distant one writes stays", async () => {
  await using parent = await temporaryFolder();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const others = [
    `.tmp-${process.pid}-${uuid}-${hostname()}`,
    `.tmp-${dead}-${uuid}-elsewhere`,
    `.tmp-1-${uuid}-${hostname()}`,
  ];
  for (const name of [...others, `.tmp-${dead}-${uuid}-${hostname()}`]) await mkdir(join(parent.path, name));
  const mine = await folderBeside(parent.path);
  expect((await readdir(parent.path)).toSorted()).toEqual([...others, basename(mine)].toSorted());
  await rename(mine, join(parent.path, "key"));
});
