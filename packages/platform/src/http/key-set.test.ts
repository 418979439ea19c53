import { timingSafeEqual } from "node:crypto";
import { expect, test, vi } from "vitest";
import { KeySet } from "./key-set.js";

vi.mock("node:crypto", { spy: true });

test("a key is compared with every one there is, whole and of equal length, whether it is right or not", () => {
  const keys = new KeySet(["first", "the second, a longer one"]);
  const compared = vi.mocked(timingSafeEqual);
  for (const key of ["first", "the second, a longer one", "f", "firs", "", "x".repeat(1000)]) {
    compared.mockClear();
    expect(keys.has(key)).toBe(key.startsWith("first") || key.startsWith("the second"));
    expect(compared.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength])).toEqual([
      [32, 32],
      [32, 32],
    ]);
  }
});

test("without keys a set is open, and yet has none", () => {
  expect(new KeySet([]).isOpen).toBe(true);
  expect(new KeySet([]).has("")).toBe(false);
  expect(new KeySet(["a"]).isOpen).toBe(false);
});
