import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Utf8Repair } from "./utf8-repair.js";

function repairInChunks(bytes: Uint8Array, size: number) {
  const repair = new Utf8Repair();
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(repair.push(bytes.subarray(at, at + size)).toString());
  parts.push(repair.end().toString());
  return { text: parts.join(""), replaced: repair.replaced };
}

const mess = fc.array(
  fc.oneof(
    fc.string({ unit: codePoint }).map((s) => Buffer.from(s)),
    fc.uint8Array({ maxLength: 6 }).map((b) => Buffer.from(b)),
    fc.constantFrom(Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from("\uFFFD")),
  ),
);

test("any bytes in chunks of any size become what the WHATWG decoder makes of them whole", () => {
  fc.assert(
    fc.property(mess, fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const bytes = Buffer.concat(parts);
      const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
      expect(repairInChunks(bytes, size).text).toBe(whole);
    }),
    { numRuns: 2000 },
  );
});

test("all that has come is given back at once, but for a character that a chunk's end has cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, minLength: 1 }), fc.integer({ min: 1, max: 9 }), (text, size) => {
      const bytes = Buffer.from(text);
      const isStart = (at: number) => at === bytes.length || (bytes.readUInt8(at) & 0xc0) !== 0x80;
      const repair = new Utf8Repair();
      let given = 0;
      for (let at = size; at - size < bytes.length; at += size) {
        given += repair.push(bytes.subarray(at - size, at)).length;
        let whole = Math.min(at, bytes.length);
        while (!isStart(whole)) whole -= 1;
        expect(given).toBe(whole);
      }
    }),
  );
  expect(new Utf8Repair().push(Buffer.of(0xe2, 0x41)).toString()).toBe("\uFFFDA"); // what can be none waits for nothing
});

test("replacements are counted, replacement characters of the text are not", () => {
  expect(repairInChunks(Buffer.from("caf\u00e9 \uFFFD"), 3).replaced).toBe(0);
  expect(repairInChunks(Buffer.from("caf\u00e9 na\u00efve", "latin1"), 4)).toEqual({
    text: "caf\uFFFD na\uFFFDve",
    replaced: 2,
  });
  const both = Buffer.concat([Buffer.from("\uFFFD\uFFFD "), Buffer.of(0xe9), Buffer.from(" \uFFFD")]);
  expect(repairInChunks(both, 100)).toEqual({ text: "\uFFFD\uFFFD \uFFFD \uFFFD", replaced: 1 });
  expect(repairInChunks(Buffer.from([0x61, 0xe2, 0x82]), 2)).toEqual({ text: "a\uFFFD", replaced: 1 });
});
