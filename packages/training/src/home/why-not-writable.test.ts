import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { whyNotWritable } from "./why-not-writable.js";

test("a folder can be written if the nearest one that is there can, and nothing is left of the trial", async () => {
  const dir = scratchPath("writable");
  expect(await whyNotWritable(dir)).toBeNull();
  expect(await whyNotWritable(join(dir, "not", "yet"))).toBeNull();
  writeFileSync(join(dir, "file"), "");
  expect(await whyNotWritable(join(dir, "file"))).toBeNull(); // of its folder
  expect(readdirSync(dir)).toEqual(["file"]);
});

test.runIf(process.platform === "linux")(
  "a file system that takes nothing is told, whatever the permissions say",
  async () => {
    expect(await whyNotWritable("/proc/home")).toContain("/proc/.trainer-");
  },
);
