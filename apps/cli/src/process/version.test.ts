import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { VERSION } from "./version.js";

test("the version is the package's", async () => {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(text)).toMatchObject({ version: VERSION });
});
