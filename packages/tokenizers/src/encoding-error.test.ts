import { withFields } from "@trainer/testing";
import { expect, test } from "vitest";
import { encodingError } from "./encoding-error.js";

test("a text that a tokenizer makes too long is the input's fault, anything else is as it was", () => {
  const tooLong = Object.assign(new Error("too long"), { code: "TOO_LONG" });
  expect(encodingError(tooLong)).toEqual(withFields({ code: "INVALID_INPUT", message: "too long", cause: tooLong }));
  const memory = Object.assign(new Error("there is not enough memory"), { code: "MEMORY" });
  expect(encodingError(memory)).toBe(memory);
});
