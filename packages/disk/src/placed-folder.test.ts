import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { folderBeside, placeFolder, removeLeftovers, temporaryBeside } from "./placed-folder.js";
import { namespace, startOf } from "./process.js";

const uuid = "01234567-89ab-cdef-0123-456789abcdef";

async function filled(parent: string, content: string): Promise<string> {
  const folder = await folderBeside(parent);
  await writeFile(join(folder, "a"), content);
  return folder;
}

const valid = (answer: boolean) => () => Promise.resolve(answer);

test("a finished folder comes to its place whole, and leaves nothing beside it", async () => {
  await using parent = await scratch();
  const cache = join(parent.path, "x", "y");
  await placeFolder(await filled(cache, "one"), join(cache, "key"), valid(false));
  expect(await readdir(cache)).toEqual(["key"]);
  expect(await readFile(join(cache, "key", "a"), "utf8")).toBe("one");
});

test("of two that make the same folder the quicker one's stays if it is valid", async () => {
  await using parent = await scratch();
  const to = join(parent.path, "key");
  const [first, second] = [await filled(parent.path, "one"), await filled(parent.path, "two")];
  await placeFolder(first, to, valid(true));
  await placeFolder(second, to, valid(true));
  expect(await readdir(parent.path)).toEqual(["key"]);
  expect(await readFile(join(to, "a"), "utf8")).toBe("one");
});

test("a folder that is not valid gives way", async () => {
  await using parent = await scratch();
  const to = join(parent.path, "key");
  await placeFolder(await filled(parent.path, "bad"), to, valid(true));
  await placeFolder(await filled(parent.path, "good"), to, valid(false));
  expect(await readdir(parent.path)).toEqual(["key"]);
  expect(await readFile(join(to, "a"), "utf8")).toBe("good");
});

test("a temporary folder is gone with what is in it, and so is that of a process that was killed, by the next", async () => {
  await using parent = await scratch();
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await mkdir(join(parent.path, `.tmp-${pid}.5.${namespace()}-${uuid}-${hostname()}`, "half"), { recursive: true });
  {
    await using folder = await temporaryBeside(parent.path);
    await writeFile(join(folder.path, "a"), "");
    expect(await readdir(parent.path)).toEqual([basename(folder.path)]);
  }
  expect(await readdir(parent.path)).toEqual([]);
});

test("what else goes wrong with the move is said", async () => {
  await using parent = await scratch();
  const from = await filled(parent.path, "one");
  await expect(placeFolder(from, join(parent.path, "none", "key"), valid(true))).rejects.toThrow(/ENOENT/);
});

test("what a dead process left is removed, what a living or a distant one writes stays", async () => {
  await using parent = await scratch();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const owner = (pid: number, began = startOf(pid) ?? "", space = namespace()) => `${pid}.${began}.${space}`;
  const others = [
    `.tmp-${owner(process.pid)}-${uuid}-${hostname()}`,
    `.tmp-${owner(1)}-${uuid}-${hostname()}`,
    `.tmp-${owner(dead, "5")}-${uuid}-elsewhere`,
    `.tmp-${owner(dead, "5", "another")}-${uuid}-${hostname()}`,
    `.tmp-${dead}-${uuid}-${hostname()}`,
    ".tmp-of-somebody",
  ];
  const left = [owner(dead, "5"), owner(process.pid, "5")].map((name) => `.tmp-${name}-${uuid}-${hostname()}`);
  for (const name of [...others, ...left]) await mkdir(join(parent.path, name));
  const mine = await folderBeside(parent.path);
  expect((await readdir(parent.path)).toSorted()).toEqual([...others, basename(mine)].toSorted());
  await rename(mine, join(parent.path, "key"));
});

test("what another container's process left is removed once nothing of it was written for an hour", async () => {
  await using parent = await scratch();
  const [old, written] = ["1", "2"].map((pid) => join(parent.path, `.tmp-${pid}.5.another-${uuid}-${hostname()}`));
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const path of [old ?? "", written ?? ""]) {
    await mkdir(path);
    await writeFile(join(path, "file"), "");
    await symlink(join(path, "none"), join(path, "broken"));
    await utimes(path, hoursAgo, hoursAgo);
  }
  await utimes(join(old ?? "", "file"), hoursAgo, hoursAgo);
  await removeLeftovers(parent.path);
  expect(await readdir(parent.path)).toEqual([basename(written ?? "")]);
  await removeLeftovers(join(parent.path, "none"));
});
