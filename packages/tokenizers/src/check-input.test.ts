import { expect, test } from "vitest";
import { checkDocuments } from "./check-input.js";

test.each([
  [{ bytes: "text", ends: Uint32Array.of(4) }, "given as a Uint8Array, not string"],
  [{ bytes: new Uint8Array(4), ends: [4] }, "given as a Uint32Array or a Float64Array"],
  [{ bytes: new Uint8Array(4), ends: Uint32Array.of(3, 2) }, "document 1 ends at 2; expected an offset from 3 to 4"],
  [{ bytes: new Uint8Array(4), ends: Float64Array.of(5) }, "document 0 ends at 5; expected an offset from 0 to 4"],
])("documents that are none are refused: %j", (documents: unknown, message) => {
  expect(() => {
    Reflect.apply(checkDocuments, undefined, [documents]);
  }).toThrow(message);
});

test("documents may be empty", () => {
  expect(() => {
    checkDocuments({ bytes: new Uint8Array(4), ends: Uint32Array.of(0, 0, 4, 4) });
  }).not.toThrow();
});
