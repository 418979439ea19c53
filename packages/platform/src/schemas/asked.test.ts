import { expect, test } from "vitest";
import { z } from "zod";
import { asked } from "./asked.js";
import { int, withDefault } from "./fields.js";

test("what is said is held to its bounds, and what is not, or is null, stays absent", () => {
  const shape = { count: withDefault(int({ min: 1 }), 3).describe("A count."), name: z.string() };
  const request = z.strictObject(asked(shape));
  expect(request.parse({})).toEqual({});
  expect(JSON.stringify(request.parse({ count: null, name: null }))).toBe("{}");
  expect(request.parse({ count: 2, name: "a" })).toEqual({ count: 2, name: "a" });
  expect(request.safeParse({ count: 0 }).error?.issues[0]?.message).toBe("must be >= 1");
  expect(request.safeParse({ wings: 2 }).success).toBe(false);
  const { properties } = z.toJSONSchema(request, { io: "input" });
  expect(properties?.["count"]).toMatchObject({ description: "A count." });
});
