import * as fc from "fast-check";
import { expect, test } from "vitest";
import { permutation } from "./permutation.js";

function all(size: number, name: string): number[] {
  const order = permutation(size, name);
  return Array.from({ length: size }, (_, i) => order(i));
}

test("every place is taken once, whatever the size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.string(), (size, name) => {
      const places = new Set(all(size, name));
      expect(places.size).toBe(size);
      for (const place of places) expect(place >= 0 && place < size && Number.isInteger(place)).toBe(true);
    }),
  );
});

test("each of the six orders of three is as likely as another", () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 6000; seed++) {
    const order = all(3, `seed ${seed}`).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150); // five standard deviations
});

test("more than 2^32 places have an order too", () => {
  const size = 2 ** 41 + 7;
  const order = permutation(size, "large");
  const places = Array.from({ length: 1000 }, (_, i) => order(i));
  expect(new Set(places).size).toBe(1000);
  expect(Math.max(...places)).toBeLessThan(size);
  expect(places.filter((place) => place > size / 2).length).toBeGreaterThan(400);
});
