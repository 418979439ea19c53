import { expect, test } from "vitest";
import { isId } from "../home/ids.js";
import { newRunId } from "./run-id.js";

test("a run id names family, size and second, and differs from others of that second", () => {
  const now = new Date("2026-01-02T03:04:05.678Z");
  const ids = Array.from({ length: 20 }, () => newRunId("gpt2", "tiny", now));
  for (const id of ids) expect(id).toMatch(/^gpt2-tiny-1767323045-[0-9a-f]{6}$/);
  expect(new Set(ids).size).toBe(20);
  expect(ids.every(isId)).toBe(true);
});
