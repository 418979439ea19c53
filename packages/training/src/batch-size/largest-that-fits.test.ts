import { assert, asyncProperty, integer } from "fast-check";
import { expect, test } from "vitest";
import { largestThatFits } from "./largest-that-fits.js";

test("what is found fits, and so would at most an eighth more", async () => {
  const number = integer({ min: 0, max: 3000 });
  await assert(
    asyncProperty(number, integer({ min: 1, max: 2000 }), async (limit, max) => {
      let tries = 0;
      const found = await largestThatFits(max, (n) => {
        tries++;
        expect(n).toBeLessThanOrEqual(max);
        return n <= limit;
      });
      const most = Math.min(limit, max);
      expect(found).toBeLessThanOrEqual(most);
      expect(found).toBeGreaterThanOrEqual(Math.floor((most * 8) / 9));
      expect(tries).toBeLessThan(24);
    }),
  );
});

test("small sizes are found exactly", async () => {
  for (let limit = 0; limit <= 8; limit++) expect(await largestThatFits(64, (n) => n <= limit)).toBe(limit);
});
