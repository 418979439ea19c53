import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { whyNotAHome, whyNotWritable } from "./why-not-writable.js";

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: x`), { code }));

test("a folder can be written if the nearest one that is there can, and nothing is left of the trial", async () => {
  await using dir = await scratch();
  expect(await whyNotWritable(dir.path)).toBeNull();
  expect(await whyNotWritable(join(dir.path, "not", "yet"))).toBeNull();
  expect(await whyNotAHome(join(dir.path, "not", "yet"), "--home")).toBeNull();
  expect(readdirSync(dir.path)).toEqual([]);
});

test("a file is no folder, nor is one below it", async () => {
  await using dir = await scratch();
  const file = join(dir.path, "file");
  writeFileSync(file, "");
  for (const place of [file, join(file, "below")]) expect(await whyNotWritable(place)).toBe(`${file} is a file`);
  expect(await whyNotAHome(join(file, "below"), "--home")).toBe(
    `nothing can be written in ${join(file, "below")} (${file} is a file), which --home names: let this user write there, or name another folder`,
  );
});

test.runIf(process.platform === "linux")(
  "a file system that takes nothing is told, whatever the permissions say",
  async () => {
    expect(await whyNotWritable("/proc/home")).toContain("/proc/.trainer-");
  },
);

test("a home is refused with the reason, and one on a full disk is not: it can be used and cleaned", async () => {
  const why = (code: string) => whyNotAHome("/srv/home", "--home", failing(code));
  expect(await why("EACCES")).toBe(
    `nothing can be written in /srv/home (permission denied for user ${process.getuid?.()}), which --home names: let this user write there, or name another folder`,
  );
  expect(await why("EROFS")).toContain("(the file system is read-only)");
  expect(await why("EIO")).toContain("(EIO: x)");
  expect([await why("ENOSPC"), await why("EDQUOT")]).toEqual([null, null]);
});
