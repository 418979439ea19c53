import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { checkHomeFormat, claimHome, HOME_FORMAT } from "./home-format.js";

test("a home says its format once somebody writes there, and keeps what it says", async () => {
  await using folder = await scratch();
  const home = join(folder.path, "deep", "home");
  await checkHomeFormat(home);
  expect(existsSync(home)).toBe(false);
  await claimHome(home);
  const file = join(home, "home.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ format: HOME_FORMAT, written_by: "0.1.0" });
  const before = `{"format":1,"written_by":"0.0.9","more":true}`;
  writeFileSync(file, before);
  await claimHome(home);
  await checkHomeFormat(home);
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a later version's home is refused, by the version that made it, and nothing is written there", async () => {
  await using folder = await scratch();
  const later = `{"format":${HOME_FORMAT + 1},"written_by":"9.1.0","layout":"other"}`;
  writeFileSync(join(folder.path, "home.json"), later);
  for (const look of [checkHomeFormat, claimHome])
    await expect(look(folder.path)).rejects.toMatchObject({
      code: "CONFLICT",
      message: `${folder.path} was made by Model Trainer 9.1.0 (format 2 of a home), and this is 0.1.0, which knows format 1: use that version or a later one, or another folder`,
    });
  expect(readFileSync(join(folder.path, "home.json"), "utf8")).toBe(later);
});

test.each(["", "{}", "format 1", `{"format":"1","written_by":"0.1.0"}`, `{"format":0,"written_by":"0.1.0"}`])(
  "a file that says something else (%s) is named, with what to do",
  async (text) => {
    await using folder = await scratch();
    writeFileSync(join(folder.path, "home.json"), text);
    await expect(claimHome(folder.path)).rejects.toThrow(
      `${join(folder.path, "home.json")} does not say a home's format: put the old file back, or remove it`,
    );
  },
);

test("a full disk keeps nobody from a home that is there; a disk that fails does", async () => {
  await using folder = await scratch();
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  await claimHome(folder.path, failing("ENOSPC"));
  await expect(claimHome(folder.path, failing("EIO"))).rejects.toThrow("EIO");
});
