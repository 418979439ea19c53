import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, type PathLike } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { createIfFree } from "./create-if-free.js";

const withoutLinks = () => {
  throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
};

test.each([
  ["has links", undefined],
  ["has none", withoutLinks],
])("one of two creates the file, on a file system that %s", async (_, link) => {
  await using folder = await scratch();
  const path = join(folder.path, "lock");
  expect(createIfFree(path, "one", { link })).toBe(true);
  expect(createIfFree(path, "two", { link })).toBe(false);
  expect(readFileSync(path, "utf8")).toBe("one");
  expect(readdirSync(folder.path)).toEqual(["lock"]);
});

test("a file is created though what was written beside it cannot be removed", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "lock");
  const link = (beside: PathLike) => {
    linkSync(beside, path);
    rmSync(beside);
    mkdirSync(beside);
  };
  expect(createIfFree(path, "one", { link })).toBe(true);
});

test("a folder that is not there is an error", async () => {
  await using folder = await scratch();
  expect(() => createIfFree(join(folder.path, "none", "lock"), "")).toThrow("ENOENT");
});
