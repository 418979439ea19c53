import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { homeId } from "./home-id.js";

test("a home has an id that stays, and another has another, its place's where no file can be written", async () => {
  const [one, other] = [join(scratchPath("homes"), "one"), scratchPath("homes")];
  const id = await homeId(one);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect([await homeId(one), await Promise.all([homeId(one), homeId(one)])]).toEqual([id, [id, id]]);
  expect(await homeId(other)).not.toBe(id);
  const file = join(scratchPath("homes"), "file");
  writeFileSync(file, "no folder");
  expect(await homeId(file)).toMatch(/^[0-9a-f]{64}$/);
  expect(await homeId(file)).toBe(await homeId(file));
  const empty = scratchPath("homes");
  mkdirSync(empty, { recursive: true });
  writeFileSync(join(empty, ".home-id"), "\n");
  expect(await homeId(empty)).toMatch(/^[0-9a-f]{64}$/);
});
