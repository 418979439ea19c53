import * as fc from "fast-check";
import { expect, test } from "vitest";
import { record, wholeRecords } from "./records.js";

const datas = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 6 },
);

test("a file cut anywhere is whole up to the last record that fits", () => {
  fc.assert(
    fc.property(datas, fc.nat(), (data, at) => {
      const records = data.map(record);
      const bytes = Buffer.concat(records);
      const cut = bytes.length === 0 ? 0 : at % (bytes.length + 1);
      const ends = [0];
      for (const each of records) ends.push(each.length + Number(ends.at(-1)));
      expect(wholeRecords(bytes.subarray(0, cut))).toBe(Math.max(...ends.filter((end) => end <= cut)));
    }),
  );
});

test("a record with any byte changed ends what is whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (data, at, flip) => {
      const sound = record(Buffer.from("sound"));
      const damaged = record(Buffer.from(data));
      const i = at % damaged.length;
      damaged.writeUInt8(damaged.readUInt8(i) ^ flip, i);
      expect(wholeRecords(Buffer.concat([sound, damaged, sound]))).toBe(sound.length);
    }),
  );
});

test("zeros, which a power cut may leave, are no record", () => {
  const sound = record(Buffer.from("sound"));
  expect(wholeRecords(Buffer.concat([sound, Buffer.alloc(64)]))).toBe(sound.length);
});
