import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { bodyOf } from "./body.js";

test.each([
  ["content", "content"],
  ["", ""],
  [null, ""],
])("the body %j is read as %j", async (body, content) => {
  expect(await text(bodyOf(new Response(body)))).toBe(content);
});
