import { expect, test } from "vitest";
import { shared } from "./shared.js";

test("who asks while work is under way gets what comes of the next time, shared with all who asked until then", async () => {
  let times = 0;
  const ends: (() => void)[] = [];
  const ask = shared(async () => {
    const time = ++times;
    await new Promise<void>((end) => ends.push(end));
    if (time === 1) throw new Error("the first failed");
    return time;
  });
  const first = ask();
  await Promise.resolve();
  await Promise.resolve();
  const [second, third] = [ask(), ask()];
  expect(times).toBe(1);
  ends[0]?.();
  await expect(first).rejects.toThrow("the first failed");
  await expect.poll(() => times).toBe(2);
  ends[1]?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  expect(times).toBe(2);
});
