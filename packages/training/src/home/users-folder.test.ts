import { chmod, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { scratch } from "@trainer/testing";
import { afterEach, expect, test, vi } from "vitest";
import { usersFolder } from "./users-folder.js";

afterEach(() => vi.unstubAllEnvs());

test("what a killed process has left goes when the next one comes, and what one that lives has stays", async () => {
  await using tmp = await scratch();
  vi.stubEnv("TMPDIR", tmp.path);
  const mine = await usersFolder("kind");
  const place = dirname(mine);
  expect((await stat(place)).mode & 0o777).toBe(0o700);
  const dead = `${place}/.tmp-${2 ** 22 + 1}..-00000000-0000-4000-8000-000000000000-${hostname()}`;
  await mkdir(dead);
  await utimes(dead, 0, 0);
  const other = await usersFolder("kind");
  expect((await readdir(place)).toSorted()).toEqual([basename(mine), basename(other)].toSorted());
});

test.each(["link", "open", "file"])("nothing is laid where another user may reach it: %s", async (kind) => {
  await using tmp = await scratch();
  vi.stubEnv("TMPDIR", tmp.path);
  const place = dirname(await usersFolder("kind"));
  if (kind === "open") await chmod(place, 0o777);
  else {
    await rm(place, { recursive: true });
    await (kind === "link" ? symlink(tmp.path, place) : writeFile(place, ""));
  }
  const folder = await usersFolder("kind");
  expect(dirname(folder)).toBe(tmp.path);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});
