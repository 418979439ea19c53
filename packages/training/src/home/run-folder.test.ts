import { isId } from "@trainer/disk";
import { expect, test } from "vitest";
import { newRunId } from "./run-folder.js";

test("a run id names family and size, is short, and differs from others", () => {
  const ids = Array.from({ length: 20 }, () => newRunId("gpt2", "tiny"));
  for (const id of ids) expect(id).toMatch(/^gpt2-tiny-[0-9a-f]{8}$/);
  expect(new Set(ids).size).toBe(20);
  expect(ids.every(isId)).toBe(true);
});
