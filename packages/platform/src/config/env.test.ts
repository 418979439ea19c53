import { expect, test } from "vitest";
import { z } from "zod";
import { envField, readConfig } from "./env.js";

const Schema = z.object({
  SIZE: envField.count.default(7),
  SHARE: envField.amount.default(1),
  STRICT: envField.flag.default(false),
  KEYS: envField.list.optional(),
});

test("variables are read, blank ones are unset, others are ignored", () => {
  expect(readConfig(Schema, { SIZE: " 12 ", SHARE: "0.5", STRICT: "on", KEYS: "a, b,,", OTHER: "x" })).toEqual({
    SIZE: 12,
    SHARE: 0.5,
    STRICT: true,
    KEYS: ["a", "b"],
  });
  expect(readConfig(Schema, { SIZE: " ", KEYS: undefined })).toEqual({ SIZE: 7, SHARE: 1, STRICT: false });
});

test("one error names every wrong variable and repeats no value", () => {
  const read = () => readConfig(Schema, { SIZE: "secret-1", SHARE: "-1", STRICT: "perhaps" });
  expect(read).toThrow(
    "SIZE: must be a whole number\n  SHARE: must be a number from 0\n  STRICT: must be true or false",
  );
  expect(read).not.toThrow("secret-1");
});
