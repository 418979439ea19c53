import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesIn, idsIn } from "./folders.js";
import { temporaryFolder } from "./temporary-folder.js";

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
