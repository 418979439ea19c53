import { expect, test } from "vitest";
import { FileInfo } from "./file-info.js";

const info = { file_id: "a".repeat(64), size: 0, sha256: "a".repeat(64), content_type: "text/plain" };

test("what older services leave out is null, and what they add is dropped", () => {
  expect(FileInfo.parse({ ...info, extra: 1 })).toEqual({ ...info, created_at: null });
});

test.each([{ file_id: "A".repeat(64) }, { size: -1 }, { size: 1.5 }, { content_type: "" }])(
  "%o is refused",
  (wrong) => {
    expect(FileInfo.safeParse({ ...info, ...wrong }).success).toBe(false);
  },
);
