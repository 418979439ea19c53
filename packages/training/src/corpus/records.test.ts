import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorpusError } from "./corpus-error.js";
import { RecordBytes } from "./records.js";

const tooLong = (most: number) => new CorpusError("INVALID_INPUT", `longer than ${most}`);

test("a record is the parts that came, in their order, however many", () => {
  const held = new RecordBytes(tooLong);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4000, size: "max" }), (parts) => {
      for (const part of parts) held.add(Buffer.from(part));
      expect(held.take().equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test("a record that comes byte by byte takes little more memory than its bytes", () => {
  const [held, bytes] = [new RecordBytes(tooLong, 1 << 20), Buffer.alloc(1 << 20, "ab")];
  setFlagsFromString("--expose-gc");
  const heap = () => {
    runInNewContext("gc()");
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  for (let at = 0; at < bytes.length; at++) held.add(bytes.subarray(at, at + 1));
  expect(heap() - before).toBeLessThan(16 << 20); // a hundred times the bytes where parts are held as they come
  expect(() => held.add(Buffer.from("c"))).toThrow("longer than 1048576");
  expect(held.take().equals(bytes)).toBe(true);
});
