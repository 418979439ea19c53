import { expect, test } from "vitest";
import { AppError } from "@trainer/platform";
import { storageError } from "./storage-error.js";

const refused = (code: string) => Object.assign(new Error(`${code}: refused`), { code });

test.each([
  ["ENOSPC", "INSUFFICIENT_STORAGE"],
  ["EDQUOT", "INSUFFICIENT_STORAGE"],
  ["EFBIG", "INSUFFICIENT_STORAGE"],
  ["EROFS", "SERVICE_UNAVAILABLE"],
  ["EACCES", "SERVICE_UNAVAILABLE"],
])("%s is %s, with its cause", (code, told) => {
  const cause = refused(code);
  expect(storageError(cause)).toMatchObject({ code: told, cause });
});

test("anything else stays what it is", () => {
  const ours = new AppError("PAYLOAD_TOO_LARGE", "file too large");
  for (const error of [refused("EIO"), new Error("no code"), ours, "text"]) expect(storageError(error)).toBe(error);
});
