import { recordsIn } from "@trainer/testing/wandb-reader";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LOG_HEADER, logRecords } from "./block-log.js";

const BLOCK = 32_768;
const HEAD = 7;

/** A log that is appended to a few times. */
function logOf(appended: readonly (readonly Buffer[])[]): Buffer {
  let log: Buffer = LOG_HEADER;
  for (const records of appended) log = Buffer.concat([log, logRecords(records, log.length)]);
  return log;
}

test("records of any size are read back, in however many parts the log is appended to", () => {
  const size = fc.oneof(fc.nat(300), fc.integer({ min: BLOCK - 40, max: BLOCK + 40 }), fc.nat(3 * BLOCK));
  const record = fc.tuple(size, fc.nat(255)).map(([bytes, byte]) => Buffer.alloc(bytes, byte));
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 4 }), (appended) => {
      expect(recordsIn(logOf(appended)).map(String)).toEqual(appended.flat().map(String));
    }),
    { numRuns: 50 },
  );
});

test.each(Array.from({ length: 16 }, (_, i) => i))(
  "a record that begins %i bytes before a block's end is read back",
  (left) => {
    const before = Buffer.alloc(BLOCK - LOG_HEADER.length - HEAD - left, 1);
    const records = [before, Buffer.from("across the border")];
    expect(recordsIn(logOf([records])).map(String)).toEqual(records.map(String));
  },
);
