import { expect, test } from "vitest";
import { Recent } from "./recent.js";

test("the latest used results are kept, and what failed is tried again", async () => {
  const recent = new Recent<string>(2);
  const done: string[] = [];
  const get = (key: string) => recent.get(key, async () => (done.push(key), key));
  for (const key of ["a", "b", "a", "c", "a", "b"]) expect(await get(key)).toBe(key);
  expect(done).toEqual(["a", "b", "c", "b"]);
  const failing = recent.get("d", () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await get("d")).toBe("d");
});

test("one piece of work is done at a time", async () => {
  const recent = new Recent<number>(9);
  let [now, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    return now--;
  };
  await Promise.all(["a", "b", "a", "c"].map((key) => recent.get(key, work)));
  expect(most).toBe(1);
});
