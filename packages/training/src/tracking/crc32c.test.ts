import { expect, test } from "vitest";
import { crc32c } from "./crc32c.js";

// The examples of RFC 3720, B.4.
test.each([
  ["32 zeros", Buffer.alloc(32), 0x8a9136aa],
  ["32 ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["rising", Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ["falling", Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  ["the usual check", Buffer.from("123456789"), 0xe3069283],
  ["nothing", Buffer.alloc(0), 0],
])("the checksum of %s is the known one", (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});
