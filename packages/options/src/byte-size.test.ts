import { expect, test } from "vitest";
import { ByteSize } from "./byte-size.js";

test.each([
  ["1000", 1000],
  ["1000B", 1000],
  ["512MB", 512_000_000],
  ["8GB", 8_000_000_000],
  ["8 GiB", 2 ** 33],
  ["1.5k", 1500],
  ["2t", 2e12],
  ["3Ki", 3072],
  [7, 7],
])("%s is %d bytes", (size, bytes) => {
  expect(ByteSize.parse(size)).toBe(bytes);
});

test.each(["", "GB", "eight", "-1", "0", "1e3", "8 EB", 0, 0.5, -1, Infinity, "99999999t", null])(
  "%s is no size",
  (size) => {
    const { error } = ByteSize.safeParse(size);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      "must be a size such as 512MB, 8GB or 8GiB, or a number of bytes",
    ]);
  },
);
