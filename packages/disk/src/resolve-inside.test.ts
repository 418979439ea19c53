import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { isInside, resolveInside } from "./resolve-inside.js";

test("a path leads below the root or nowhere, whatever it is made of", async () => {
  await using folder = await scratch();
  const root = join(folder.path, "root");
  await mkdir(join(root, "a"), { recursive: true });
  await mkdir(join(folder.path, "rootless"));
  await writeFile(join(root, "a", "in.txt"), "");
  await writeFile(join(folder.path, "out.txt"), "");
  await symlink(join(folder.path, "out.txt"), join(root, "link"));
  await symlink(join(folder.path), join(root, "up"));
  await symlink(join(root, "a"), join(root, "within"));
  const found = await realpath(join(root, "a", "in.txt"));
  for (const path of ["a/in.txt", "./a/../a/in.txt", "within/in.txt", found, "up/root/a/in.txt"]) {
    expect(await resolveInside(root, path)).toBe(found);
  }
  expect(await resolveInside(root, ".")).toBe(await realpath(root));
  for (const path of [
    "../out.txt",
    "link",
    "up",
    "up/out.txt",
    "/etc/hostname",
    "none",
    "a\0b",
    "../rootless",
    "x".repeat(5000),
  ]) {
    expect(await resolveInside(root, path)).toBeNull();
  }
  expect(await resolveInside(join(folder.path, "none"), "../out.txt")).toBeNull();
  expect([isInside(root, found), isInside(root, root), isInside(root, join(root, "link"))]).toEqual([
    true,
    true,
    false,
  ]);
});
